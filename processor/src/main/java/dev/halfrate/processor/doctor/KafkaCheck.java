package dev.halfrate.processor.doctor;

import dev.halfrate.processor.doctor.Servers.Tried;
import dev.halfrate.processor.ops.KafkaAnswers;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.IllegalSaslStateException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnsupportedSaslMechanismException;

/** Whether Kafka can be reached, with this login, from this machine. */
final class KafkaCheck {
    private KafkaCheck() {}

    static Verdict look(Cluster cluster) throws InterruptedException {
        var servers = Servers.tryAll(Servers.split(cluster.config().bootstrapServers()));
        var answering = servers.stream().filter(Tried::answers).toList();
        if (answering.isEmpty()) {
            return unreachable(servers);
        }
        try {
            var answer = cluster.admin().describeCluster();
            var nodes = KafkaAnswers.get(answer.nodes());
            return reached(servers, KafkaAnswers.get(answer.clusterId()), nodes.size());
        } catch (KafkaException e) {
            return refused(
                    answering.getFirst().address(),
                    cluster.security(),
                    e,
                    () -> Servers.speaksTls(answering.getFirst().address()));
        }
    }

    static Verdict unreachable(List<Tried> servers) {
        if (servers.isEmpty()) {
            return Verdict.fail("kafka.bootstrap.servers names no broker", Servers.Trouble.NO_ADDRESS.todo());
        }
        return new Verdict(
                Grade.FAIL,
                "no broker of kafka.bootstrap.servers can be reached: " + words(servers),
                servers.stream()
                        .map(Tried::trouble)
                        .flatMap(Optional::stream)
                        .distinct()
                        .map(Servers.Trouble::todo)
                        .toList());
    }

    static Verdict reached(List<Tried> servers, String clusterId, int brokers) {
        var down = servers.stream().filter(server -> !server.answers()).toList();
        var found = "%s answers: cluster %s of %d %s"
                .formatted(
                        servers.stream()
                                .filter(Tried::answers)
                                .map(Tried::address)
                                .findFirst()
                                .orElse("?"),
                        clusterId,
                        brokers,
                        brokers == 1 ? "broker" : "brokers");
        return down.isEmpty()
                ? Verdict.ok(found)
                : Verdict.warn(
                        found + "; not reached: " + words(down), "start it, or take it out of kafka.bootstrap.servers");
    }

    private static String words(List<Tried> servers) {
        return servers.stream().map(Tried::toString).collect(Collectors.joining(", "));
    }

    /** Asks only where it has to be known. */
    @FunctionalInterface
    interface Tls {
        boolean isSpoken();
    }

    /**
     * @param server that took a connection
     * @param security the protocol that is configured
     */
    static Verdict refused(String server, String security, KafkaException thrown, Tls tls) {
        var root = KafkaAnswers.root(thrown);
        var told = String.valueOf(root.getMessage());
        return switch (known(thrown)) {
            case UnsupportedSaslMechanismException _ ->
                Verdict.fail(
                        "%s does not take this kind of login: %s".formatted(server, told),
                        "set kafka.sasl.mechanism to one that the brokers have, such as SCRAM-SHA-512 or PLAIN");
            case SaslAuthenticationException _ ->
                Verdict.fail(
                        "%s refuses the login: %s".formatted(server, told),
                        "look at user and password in kafka.sasl.jaas.config, and whether the user exists in the cluster (kafka-configs.sh --describe --entity-type users)");
            case IllegalSaslStateException _ ->
                Verdict.fail(
                        "%s wants no login, and %s is configured".formatted(server, security),
                        "set kafka.security.protocol to PLAINTEXT or SSL, or take the port of the listener with a login");
            case SslAuthenticationException _ -> tlsFailed(server, security, told, tls);
            case AuthenticationException _ ->
                Verdict.fail(
                        "%s refuses the login: %s".formatted(server, told),
                        "look at kafka.security.protocol and the sasl and ssl settings below kafka");
            case TimeoutException _ -> silent(server, security, tls.isSpoken());
            case ConfigException _ ->
                Verdict.fail(
                        "Kafka's client does not take its settings: " + told,
                        "correct them below kafka in the configuration");
            default ->
                // Whoever cannot parse a login may quote a piece of it.
                root instanceof IllegalArgumentException
                        ? Verdict.fail(
                                "Kafka's client does not take its settings",
                                "look at sasl.jaas.config below kafka: quotes around the password, a semicolon at the end")
                        : Verdict.fail(
                                "%s cannot be used: %s".formatted(server, told),
                                "look at the settings below kafka in the configuration, and into the broker's log");
        };
    }

    /** The outermost that says more than that something failed. */
    private static Throwable known(Throwable thrown) {
        for (var cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof AuthenticationException
                    || cause instanceof TimeoutException
                    || cause instanceof ConfigException) {
                return cause;
            }
        }
        return thrown;
    }

    private static Verdict tlsFailed(String server, String security, String told, Tls tls) {
        var message = told.toLowerCase(Locale.ROOT);
        if (message.contains("unsupported or unrecognized") || !tls.isSpoken()) {
            return noTls(server, security);
        }
        var found = "TLS with %s fails: %s".formatted(server, told);
        if (message.contains("no subject alternative") || message.contains("no name matching")) {
            return Verdict.fail(
                    found,
                    "the certificate is for another host name: write the brokers in kafka.bootstrap.servers as it names them");
        }
        if (message.contains("certificate_required")
                || message.contains("bad_certificate")
                || message.contains("empty client certificate")) {
            return Verdict.fail(
                    found,
                    "the broker wants a certificate of ours, or another one: set ssl.keystore.location below kafka");
        }
        return Verdict.fail(
                found,
                "trust who signed the broker's certificate: ssl.truststore.type: PEM and ssl.truststore.location below kafka");
    }

    private static Verdict noTls(String server, String security) {
        return Verdict.fail(
                "%s does not speak TLS, and %s is configured".formatted(server, security),
                "take the port of the listener with TLS in kafka.bootstrap.servers, or set kafka.security.protocol to %s"
                        .formatted(security.equals("SASL_SSL") ? "SASL_PLAINTEXT" : "PLAINTEXT"));
    }

    private static Verdict silent(String server, String security, boolean tls) {
        if (tls && !security.endsWith("SSL")) {
            return Verdict.fail(
                    "%s speaks TLS, and %s is configured".formatted(server, security),
                    "set kafka.security.protocol to %s, or take the port of the listener without TLS"
                            .formatted(security.startsWith("SASL") ? "SASL_SSL" : "SSL (SASL_SSL with a login)"));
        }
        if (!tls && security.endsWith("SSL")) {
            return noTls(server, security);
        }
        return Verdict.fail(
                "%s takes connections, but does not answer as Kafka with %s".formatted(server, security),
                "look at the port: it may be another program's, or that of the controllers",
                "look at kafka.security.protocol: the listener may want a login (SASL_PLAINTEXT, SASL_SSL)");
    }

    /** Brokers tell clients under which addresses they are to be found, and those have to be right from here. */
    static Verdict brokers(Cluster cluster) throws InterruptedException {
        var nodes = KafkaAnswers.get(cluster.admin().describeCluster().nodes()).stream()
                .map(KafkaCheck::address)
                .sorted()
                .toList();
        return brokers(Servers.tryAll(nodes));
    }

    private static String address(Node node) {
        return node.host() + ":" + node.port();
    }

    static Verdict brokers(List<Tried> announced) {
        var down = announced.stream().filter(broker -> !broker.answers()).toList();
        return down.isEmpty()
                ? Verdict.ok("reached where they say that they are: " + words(announced))
                : new Verdict(
                        Grade.FAIL,
                        "%d of %d cannot be reached where they say that they are: %s"
                                .formatted(down.size(), announced.size(), words(down)),
                        List.of(
                                "their advertised.listeners must be addresses that this machine can resolve and reach; the first answer came from kafka.bootstrap.servers, all others come from there",
                                "if a broker is just down, start it"));
    }
}
