package dev.halfrate.local;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.Feature;
import org.apache.kafka.server.common.MetadataVersion;

/** A broker whose clients have to say who they are, and may do what an ACL allows; who comes without a name is its administrator. */
final class SecuredBroker implements AutoCloseable {
    private static final String PASSWORD = "secret-of-";

    private final KafkaRaftServer server;
    private final int openPort;
    private final int securedPort;

    private SecuredBroker(KafkaRaftServer server, int openPort, int securedPort) {
        this.server = server;
        this.openPort = openPort;
        this.securedPort = securedPort;
    }

    static SecuredBroker start(Path directory, Set<String> users) throws Exception {
        var secured = EmbeddedBroker.freePort();
        var node = ClusterNode.alone(EmbeddedBroker.freePort(), EmbeddedBroker.freePort());
        var properties = EmbeddedBroker.properties(node, directory);
        properties.merge("listeners", ",SECURED://127.0.0.1:" + secured, (a, b) -> a + "" + b);
        properties.merge("advertised.listeners", ",SECURED://127.0.0.1:" + secured, (a, b) -> a + "" + b);
        properties.merge("listener.security.protocol.map", ",SECURED:SASL_PLAINTEXT", (a, b) -> a + "" + b);
        properties.setProperty("listener.name.secured.sasl.enabled.mechanisms", "PLAIN");
        properties.setProperty(
                "listener.name.secured.plain.sasl.jaas.config",
                "org.apache.kafka.common.security.plain.PlainLoginModule required %s;"
                        .formatted(users.stream()
                                .map(user -> "user_%s=\"%s%s\"".formatted(user, PASSWORD, user))
                                .collect(Collectors.joining(" "))));
        properties.setProperty("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer");
        properties.setProperty("super.users", "User:ANONYMOUS");
        try (var quiet = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8)) {
            new Formatter()
                    .setClusterId(Uuid.randomUuid().toString())
                    .setNodeId(node.id())
                    .addDirectory(directory.toString())
                    .setMetadataLogDirectory(directory.toString())
                    .setControllerListenerName("CONTROLLER")
                    .setIgnoreFormatted(true)
                    .setSupportedFeatures(Feature.PRODUCTION_FEATURES)
                    .setReleaseVersion(MetadataVersion.latestProduction())
                    .setPrintStream(quiet)
                    .run();
        }
        var server = new KafkaRaftServer(KafkaConfig.fromProps(properties, false), Time.SYSTEM);
        server.startup();
        return new SecuredBroker(server, node.port(), secured);
    }

    Map<String, Object> administrator() {
        return new HashMap<>(Map.of("bootstrap.servers", "127.0.0.1:" + openPort));
    }

    Map<String, Object> user(String name) {
        return new HashMap<>(Map.of(
                "bootstrap.servers",
                "127.0.0.1:" + securedPort,
                "security.protocol",
                "SASL_PLAINTEXT",
                "sasl.mechanism",
                "PLAIN",
                "sasl.jaas.config",
                "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"%s\" password=\"%s%s\";"
                        .formatted(name, PASSWORD, name)));
    }

    @Override
    public void close() {
        server.shutdown();
        server.awaitShutdown();
    }
}
