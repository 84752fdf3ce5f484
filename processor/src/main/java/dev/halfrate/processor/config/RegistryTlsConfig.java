package dev.halfrate.processor.config;

/**
 * TLS to the schema registry, as files.
 *
 * @param ca certificates that are believed, in PEM or PKCS12; empty for Java's own
 * @param certificate our chain in PEM, with key; or both in keystore
 * @param key PKCS8 in PEM, not encrypted
 * @param keystore PKCS12
 */
public record RegistryTlsConfig(
        String ca, Secret caPassword, String certificate, String key, String keystore, Secret keystorePassword) {
    public static final RegistryTlsConfig NONE = new RegistryTlsConfig("", Secret.NONE, "", "", "", Secret.NONE);

    public RegistryTlsConfig {
        Check.that(
                certificate.isEmpty() == key.isEmpty(),
                "schema-registry.tls.key",
                "there if and only if there is a certificate",
                certificate.isEmpty() ? "no certificate" : "no key");
        Check.that(
                certificate.isEmpty() || keystore.isEmpty(),
                "schema-registry.tls.keystore",
                "left out where there is a certificate",
                "both");
    }
}
