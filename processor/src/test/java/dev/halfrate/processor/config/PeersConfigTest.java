package dev.halfrate.processor.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PeersConfigTest {
    @ParameterizedTest
    @CsvSource({
        "halfrate-0.pods:8090, halfrate-1.pods:8090, true",
        "halfrate-0.pods:8090, HALFRATE-12.pods:9090, true",
        "halfrate-0.pods:8090, halfrate-1.evil:8090, false",
        "halfrate-0.pods:8090, halfrate-x.pods:8090, false",
        "halfrate-0.pods:8090, other-0.pods:8090, false",
        "halfrate-0:8090, halfrate-1:8090, true",
        "halfrate-0:8090, halfrate-1.evil.example:8090, false",
        "127.0.0.1:8090, 127.0.0.1:8091, true",
        "127.0.0.1:8090, 10.0.0.1:8090, false",
        "halfrate.example:8090, evil.example:8090, false",
    })
    void unlessToldOthersAProcessAsksThoseOfItsOwnSet(String advertised, String address, boolean asked) {
        assertThat(new PeersConfig(advertised, List.of()).peer(address).isPresent())
                .isEqualTo(asked);
    }

    @ParameterizedTest
    @CsvSource({
        "one.example, one.example:1, true",
        "one.example, two.example:1, false",
        "*.pods.example, a.pods.example:1, true",
        "*.pods.example, a.b.Pods.example:1, true",
        "*.pods.example, evilpods.example:1, false",
        "*.pods.example, .pods.example:1, false",
        "10.1.*, 10.1.2.3:65535, true",
        "10.1.*, 10.1.2.3:65536, false",
        "10.1.*, 10.10.2.3:1, false",
        "10.1.*, 10.1.evil.example:1, false",
        "10.1.2.3, 10.1.2.3@evil.example:1, false",
        "10.1.2.3, 10.1.2.3/evil:1, false",
        "10.1.2.3, 'evil.example?10.1.2.3:1', false",
        "10.1.2.3, 10.1.2.3, false",
        "10.1.2.3, '', false",
    })
    void onlyConfiguredHostsAreAsked(String host, String address, boolean asked) {
        assertThat(new PeersConfig("", List.of(host)).peer(address).isPresent()).isEqualTo(asked);
    }

    @Test
    void aProcessWithoutANameOfItsOwnAsksNobodyUntold() {
        assertThat(PeersConfig.NONE.peer("halfrate-0.pods:8090")).isEmpty();
    }

    @Test
    void whoIsReachedOverTlsAsksOverTls() {
        var secure = new PeersConfig("https://halfrate-0.pods:8443", List.of());

        assertThat(secure.address()).isEqualTo("halfrate-0.pods:8443");
        assertThat(secure.peer("halfrate-1.pods:8443")).contains(URI.create("https://halfrate-1.pods:8443"));
        assertThat(new PeersConfig("http://halfrate-0.pods:8090", List.of()).peer("halfrate-1.pods:8090"))
                .contains(URI.create("http://halfrate-1.pods:8090"));
    }
}
