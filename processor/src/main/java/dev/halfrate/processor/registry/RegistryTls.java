package dev.halfrate.processor.registry;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.halfrate.processor.config.RegistryTlsConfig;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** Whom the registry is believed by, and who we say we are: from files in PEM or PKCS12. */
final class RegistryTls {
    private static final Pattern PRIVATE_KEY =
            Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");

    private static final List<String> KEY_TYPES = List.of("RSA", "EC", "EdDSA");
    private static final char[] IN_MEMORY = new char[0];

    private RegistryTls() {}

    /**
     * @return null where Java's own will do
     * @throws RegistryException naming the file that is of no use
     */
    static @Nullable SSLContext context(RegistryTlsConfig tls) {
        if (tls.equals(RegistryTlsConfig.NONE)) {
            return null;
        }
        try {
            var context = SSLContext.getInstance("TLS");
            context.init(keys(tls), trust(tls), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("TLS as every Java has it", e);
        }
    }

    private static TrustManager @Nullable [] trust(RegistryTlsConfig tls) throws GeneralSecurityException {
        if (tls.ca().isEmpty()) {
            return null;
        }
        var trusted = read("schema-registry.tls.ca", tls.ca(), bytes -> {
            if (!isPem(bytes)) {
                return pkcs12(bytes, tls.caPassword().reveal().toCharArray());
            }
            var store = empty();
            for (var certificate : certificates(bytes)) {
                store.setCertificateEntry("ca-" + store.size(), certificate);
            }
            return store;
        });
        var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(trusted);
        return factory.getTrustManagers();
    }

    private static KeyManager @Nullable [] keys(RegistryTlsConfig tls) throws GeneralSecurityException {
        KeyStore store;
        char[] password;
        if (!tls.keystore().isEmpty()) {
            password = tls.keystorePassword().reveal().toCharArray();
            store = read("schema-registry.tls.keystore", tls.keystore(), bytes -> pkcs12(bytes, password));
        } else if (!tls.certificate().isEmpty()) {
            password = IN_MEMORY;
            var chain = read("schema-registry.tls.certificate", tls.certificate(), RegistryTls::certificates);
            store = read("schema-registry.tls.key", tls.key(), bytes -> {
                var entry = empty();
                entry.setKeyEntry("key", privateKey(bytes), IN_MEMORY, chain.toArray(Certificate[]::new));
                return entry;
            });
        } else {
            return null;
        }
        var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, password);
        return factory.getKeyManagers();
    }

    /** Makes something of a file's bytes. */
    @FunctionalInterface
    private interface Maker<T> {
        T make(byte[] bytes) throws GeneralSecurityException, IOException;
    }

    private static <T> T read(String key, String file, Maker<T> maker) {
        try {
            return maker.make(Files.readAllBytes(Path.of(file)));
        } catch (GeneralSecurityException | IOException | IllegalArgumentException e) {
            // Not the message: a parser's may quote what it could not read.
            throw new RegistryException("%s: '%s' cannot be used (%s)"
                    .formatted(key, file, e.getClass().getSimpleName()));
        }
    }

    private static boolean isPem(byte[] bytes) {
        return new String(bytes, US_ASCII).contains("-----BEGIN ");
    }

    private static List<Certificate> certificates(byte[] pem) throws GeneralSecurityException {
        var certificates = List.<Certificate>copyOf(
                CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(pem)));
        if (certificates.isEmpty()) {
            throw new GeneralSecurityException("no certificate");
        }
        return certificates;
    }

    private static PrivateKey privateKey(byte[] pem) throws GeneralSecurityException {
        var found = PRIVATE_KEY.matcher(new String(pem, US_ASCII));
        if (!found.find()) {
            throw new InvalidKeySpecException("no unencrypted PKCS8 key in PEM");
        }
        var encoded = new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(found.group(1)));
        for (var type : KEY_TYPES) {
            try {
                return KeyFactory.getInstance(type).generatePrivate(encoded);
            } catch (InvalidKeySpecException _) {
                // The next type may be it.
            }
        }
        throw new InvalidKeySpecException("neither of " + String.join(", ", KEY_TYPES));
    }

    private static KeyStore pkcs12(byte[] bytes, char[] password) throws GeneralSecurityException, IOException {
        var store = KeyStore.getInstance("PKCS12");
        store.load(new ByteArrayInputStream(bytes), password);
        return store;
    }

    private static KeyStore empty() throws GeneralSecurityException, IOException {
        var store = KeyStore.getInstance("PKCS12");
        store.load(null, IN_MEMORY);
        return store;
    }
}
