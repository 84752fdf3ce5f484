package dev.halfrate.processor.webhook;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.halfrate.processor.config.ConfigException;
import dev.halfrate.processor.config.Secret;
import dev.halfrate.processor.signing.Signature;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** With the vector that Standard Webhooks' own libraries are tested with. */
class SignaturesTest {
    private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private static final String ID = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    private static final String TIMESTAMP = "1614265330";
    private static final String BODY = "{\"test\": 2432232314}";
    private static final String SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    private static final Instant NOW = Instant.ofEpochSecond(1614265330);

    private final Signatures signatures = new Signatures("main", List.of(new Secret(SECRET)));

    private static Signature.Message message(String id, String timestamp, String body) {
        return new Signature.Message(id, timestamp, body.getBytes(UTF_8));
    }

    private static final Signature.Message MESSAGE = message(ID, TIMESTAMP, BODY);

    @Test
    void theVectorHolds() {
        assertThat(signatures.hold(MESSAGE, SIGNATURE, NOW)).isTrue();
        assertThat(signatures.hold(MESSAGE, "v1,AAAA v2,AAAA " + SIGNATURE, NOW))
                .isTrue();
    }

    @Test
    void whateverIsSignedMayNotBeChanged() {
        assertThat(signatures.hold(message("msg_other", TIMESTAMP, BODY), SIGNATURE, NOW))
                .isFalse();
        assertThat(signatures.hold(message(ID, "1614265331", BODY), SIGNATURE, NOW))
                .isFalse();
        assertThat(signatures.hold(message(ID, TIMESTAMP, "{\"test\":2432232314}"), SIGNATURE, NOW))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "v1,", "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "v1a,xnaVO9uvCrDiMQ7DhmhXHg=="})
    void whatIsNoSignatureDoesNotHold(String none) {
        assertThat(signatures.hold(MESSAGE, none, NOW)).isFalse();
    }

    @Test
    void onlyMessagesOfTheLastAndTheNextFiveMinutesHold() {
        assertThat(signatures.hold(MESSAGE, SIGNATURE, NOW.plusSeconds(300))).isTrue();
        assertThat(signatures.hold(MESSAGE, SIGNATURE, NOW.minusSeconds(300))).isTrue();
        assertThat(signatures.hold(MESSAGE, SIGNATURE, NOW.plusSeconds(301))).isFalse();
        assertThat(signatures.hold(MESSAGE, SIGNATURE, NOW.minusSeconds(301))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "now", "-1614265330", "1614265330.0", "99999999999999999999"})
    void timesThatAreNoneDoNotHold(String timestamp) {
        assertThat(signatures.hold(message(ID, timestamp, BODY), SIGNATURE, NOW))
                .isFalse();
    }

    @Test
    void anyOfTheSecretsWillDo() {
        var old = new Secret("whsec_" + "QUFB");

        assertThat(new Signatures("main", List.of(old, new Secret(SECRET))).hold(MESSAGE, SIGNATURE, NOW))
                .isTrue();
        assertThat(new Signatures("main", List.of(old)).hold(MESSAGE, SIGNATURE, NOW))
                .isFalse();
    }

    @Test
    void aSecretFromAFileIsReadAgainWhenItChanges(@TempDir Path dir) throws Exception {
        var file = Files.writeString(dir.resolve("secret"), "whsec_QUFB");
        var rotated = new Signatures("main", List.of(Secret.in(file)));
        assertThat(rotated.hold(MESSAGE, SIGNATURE, NOW)).isFalse();

        Files.writeString(file, SECRET);
        Files.setLastModifiedTime(file, FileTime.from(NOW));

        assertThat(rotated.hold(MESSAGE, SIGNATURE, NOW)).isTrue();
    }

    @Test
    void whatCannotBeASecretStopsTheStart() {
        assertThatThrownBy(() -> new Signatures("main", List.of(new Secret("whsec_???"))))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("webhook-secrets of main")
                .hasMessageNotContaining("???");
    }
}
