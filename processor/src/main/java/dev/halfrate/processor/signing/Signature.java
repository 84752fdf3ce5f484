package dev.halfrate.processor.signing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** One signature of one message. */
public final class Signature {
    /** Before each signature of a list that spaces separate. */
    public static final String VERSION = "v1,";

    private static final String ALGORITHM = "HmacSHA256";

    private Signature() {}

    /**
     * What is signed.
     *
     * @param timestamp seconds of the epoch, as sent
     */
    public record Message(String id, String timestamp, byte[] body) {}

    /** @return in Base64, without its version */
    public static byte[] sign(byte[] key, Message message) {
        try {
            var mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(key, ALGORITHM));
            mac.update("%s.%s.".formatted(message.id, message.timestamp).getBytes(UTF_8));
            return Base64.getEncoder().encode(mac.doFinal(message.body));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has " + ALGORITHM, e);
        }
    }
}
