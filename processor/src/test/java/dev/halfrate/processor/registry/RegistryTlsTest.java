package dev.halfrate.processor.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.halfrate.processor.config.RegistryConfig;
import dev.halfrate.processor.config.RegistryConfig.Subjects;
import dev.halfrate.processor.config.RegistryTlsConfig;
import dev.halfrate.processor.config.Secret;
import dev.halfrate.schemas.PublicSchemas;
import dev.halfrate.simulator.RegistryServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A registry that lets nobody in without a certificate. */
class RegistryTlsTest {
    private static final String PASSWORD = "changeit";
    private static final Secret SECRET = new Secret(PASSWORD);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    static Path directory;

    @SuppressWarnings("NullAway.Init")
    private static RegistryServer server;

    @BeforeAll
    static void start() throws Exception {
        makeKey("server", "EC");
        makeKey("client", "RSA");
        var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store("server"), PASSWORD.toCharArray());
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(KeyStore.getInstance(file("client-ca.p12").toFile(), PASSWORD.toCharArray()));
        var tls = SSLContext.getInstance("TLS");
        tls.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        server = RegistryServer.start(0, tls);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void filesInPemWillDo() throws Exception {
        Files.writeString(
                file("client.key"),
                pem(
                        "PRIVATE KEY",
                        ((KeyStore.PrivateKeyEntry) store("client")
                                        .getEntry("client", new KeyStore.PasswordProtection(PASSWORD.toCharArray())))
                                .getPrivateKey()
                                .getEncoded()));

        assertThat(idOf(new RegistryTlsConfig(
                        name("server.crt"), Secret.NONE, name("client.crt"), name("client.key"), "", Secret.NONE)))
                .isPositive();
    }

    @Test
    void filesInPkcs12WillDo() throws Exception {
        assertThat(idOf(new RegistryTlsConfig(name("server-ca.p12"), SECRET, "", "", name("client.p12"), SECRET)))
                .isPositive();
    }

    @Test
    void whoHasNoCertificateIsNotLetIn() {
        assertThatThrownBy(() -> idOf(new RegistryTlsConfig(name("server.crt"), Secret.NONE, "", "", "", Secret.NONE)))
                .isInstanceOf(RegistryException.class);
    }

    @Test
    void aServerThatNobodyVouchesForIsNotAsked() {
        assertThatThrownBy(() -> idOf(new RegistryTlsConfig(name("client.crt"), Secret.NONE, "", "", "", Secret.NONE)))
                .isInstanceOf(RegistryException.class)
                .hasMessageContaining("SSLHandshakeException");
    }

    @Test
    void aFileThatIsOfNoUseIsNamedAndNotQuoted() throws IOException {
        Files.writeString(file("bad"), "-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----");

        assertThatThrownBy(() -> RegistryTls.context(
                        new RegistryTlsConfig("", Secret.NONE, name("client.crt"), name("bad"), "", Secret.NONE)))
                .isInstanceOf(RegistryException.class)
                .hasMessageContaining("schema-registry.tls.key")
                .hasMessageContaining("bad")
                .hasMessageNotContaining("secret");
        assertThatThrownBy(() -> RegistryTls.context(new RegistryTlsConfig(
                        "", Secret.NONE, "", "", name("client.p12"), new Secret("wrong-password"))))
                .hasMessageContaining("schema-registry.tls.keystore")
                .hasMessageNotContaining("wrong-password");
        assertThatThrownBy(() -> RegistryTls.context(
                        new RegistryTlsConfig(name("nowhere"), Secret.NONE, "", "", "", Secret.NONE)))
                .hasMessageContaining("schema-registry.tls.ca");
    }

    private int idOf(RegistryTlsConfig tls) throws InterruptedException {
        var config = new RegistryConfig(
                List.of(server.url()), "", Secret.NONE, Secret.NONE, tls, Duration.ofSeconds(5), true, Subjects.TOPIC);
        try (var registry = new SchemaRegistry(config)) {
            return registry.idOf("t", PublicSchemas.REQUEST);
        }
    }

    /** A key with a certificate of its own making: NAME.p12, NAME.crt in PEM, and NAME-ca.p12 without the key. */
    private static void makeKey(String name, String type) throws Exception {
        var store = List.of("-keystore", name(name + ".p12"), "-storepass", PASSWORD, "-alias", name);
        keytool(store, "-genkeypair", "-keyalg", type, "-dname", "CN=" + name, "-ext", "san=dns:localhost");
        keytool(store, "-exportcert", "-rfc", "-file", name(name + ".crt"));
        keytool(
                List.of("-keystore", name(name + "-ca.p12"), "-storepass", PASSWORD, "-alias", name),
                "-importcert",
                "-noprompt",
                "-file",
                name(name + ".crt"));
    }

    private static void keytool(List<String> store, String... arguments) throws Exception {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.addAll(List.of(arguments));
        command.addAll(store);
        var process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(file("keytool.log").toFile())
                .start();
        assertThat(process.waitFor()).as(() -> arguments[0]).isZero();
    }

    private static KeyStore store(String name) throws Exception {
        return KeyStore.getInstance(file(name + ".p12").toFile(), PASSWORD.toCharArray());
    }

    private static String pem(String type, byte[] bytes) {
        return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
                .formatted(type, Base64.getMimeEncoder().encodeToString(bytes), type);
    }

    private static Path file(String name) {
        return directory.resolve(name);
    }

    private static String name(String file) {
        return file(file).toString();
    }
}
