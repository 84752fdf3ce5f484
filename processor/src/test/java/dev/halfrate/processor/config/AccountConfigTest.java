package dev.halfrate.processor.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AccountConfigTest {
    @ParameterizedTest
    @CsvSource({
        "https://api.openai.com/v1, https://api.openai.com/v1",
        "https://API.OpenAI.com:443/v1/, https://api.openai.com/v1",
        "https://api.openai.com:8443/V1, https://api.openai.com:8443/V1",
        "https://api.openai.com, https://api.openai.com",
        "http://127.0.0.1:80/v1, http://localhost/v1",
        "http://[::1]:8080/v1, http://localhost:8080/v1",
        "http://localhost:8080/v1, http://localhost:8080/v1"
    })
    void oneServerIsAlwaysWrittenAlike(String baseUrl, String server) {
        assertThat(account(baseUrl).server()).isEqualTo(server);
    }

    private static AccountConfig account(String baseUrl) {
        return new AccountConfig(
                "main",
                "openai",
                URI.create(baseUrl),
                new Secret("key"),
                "main",
                List.of("*"),
                "24h",
                8,
                DoubtConfig.DEFAULT,
                SyncConfig.DEFAULT);
    }
}
