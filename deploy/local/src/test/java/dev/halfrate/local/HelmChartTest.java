package dev.halfrate.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.marcnuri.helm.Helm;
import dev.halfrate.processor.config.ConfigFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The chart as a real Helm renders it, with several values. */
class HelmChartTest {
    private static final Path CHART =
            Path.of("../helm/halfrate").toAbsolutePath().normalize();
    private static final YAMLMapper YAML = new YAMLMapper();
    private static final String EVERYTHING = """
            image: {repository: registry.example/halfrate, digest: "sha256:%s", pullSecrets: [{name: pull}]}
            config:
              application: answers
              kafka:
                bootstrap.servers: kafka:9093
                security.protocol: SASL_SSL
                sasl.mechanism: SCRAM-SHA-512
                sasl.jaas.config: {file: /etc/halfrate/secrets/kafka/jaas}
              topics: {requests: [llm.requests, llm.urgent], create: false}
              accounts:
                - {name: openai, key: {file: /etc/halfrate/secrets/vendors/openai}, webhook-secrets: [{file: /etc/halfrate/secrets/vendors/webhook}]}
                - {name: claude, provider: anthropic, key: {file: /etc/halfrate/secrets/vendors/claude}, models: ["claude-*"]}
            secrets:
              - {name: vendors, secretName: halfrate-vendors}
              - {name: kafka, secretName: halfrate-kafka}
            admin: {operate: true}
            webhooks: {port: 8443}
            networkPolicy:
              kafka: {ports: [9093], to: [{ipBlock: {cidr: 192.0.2.0/24}}]}
              registry: {ports: [8081]}
              adminFrom: [{namespaceSelector: {matchLabels: {name: monitoring}}}]
              webhooksFrom: [{namespaceSelector: {matchLabels: {name: ingress}}}]
            serviceMonitor: {enabled: true, labels: {release: prometheus}}
            prometheusRule: {enabled: true}
            keda: {enabled: true, authenticationRef: kafka, sasl: scram_sha512, tls: enable}
            state: {storageClassName: local}
            nodeSelector: {disk: fast}
            tolerations: [{key: llm, operator: Exists}]
            topologySpreadConstraints:
              - {maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {app.kubernetes.io/name: halfrate}}}
            podAnnotations: {note: x}
            podLabels: {team: y}
            env: [{name: TZ, value: UTC}]
            """.formatted("a".repeat(64));

    @TempDir
    Path directory;

    @Test
    void lintFindsNothing() {
        var lint = new Helm(CHART).lint().strict().call();

        assertThat(lint.isFailed()).as("%s", lint.getMessages()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "everything"})
    void processesRunAsNobodyAndCanWriteOnlyTheirState(String values) throws IOException {
        var pod = only(render(values), "StatefulSet").at("/spec/template/spec");
        var container = pod.at("/containers/0");

        assertThat(pod.at("/securityContext/runAsNonRoot").asBoolean()).isTrue();
        assertThat(pod.at("/securityContext/runAsUser").asInt()).isEqualTo(65532);
        assertThat(pod.at("/securityContext/seccompProfile/type").asText()).isEqualTo("RuntimeDefault");
        assertThat(pod.at("/automountServiceAccountToken").asBoolean(true)).isFalse();
        assertThat(container.at("/securityContext/readOnlyRootFilesystem").asBoolean())
                .isTrue();
        assertThat(container.at("/securityContext/allowPrivilegeEscalation").asBoolean(true))
                .isFalse();
        assertThat(container.at("/securityContext/capabilities/drop/0").asText())
                .isEqualTo("ALL");
        assertThat(container.at("/volumeMounts"))
                .filteredOn(mount -> !mount.path("readOnly").asBoolean())
                .extracting(mount -> mount.path("mountPath").asText())
                .containsExactlyInAnyOrder("/var/lib/halfrate", "/tmp");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "everything"})
    void secretsAreFilesOfSecretsThatExist(String values) throws IOException {
        var rendered = render(values);
        var container = only(rendered, "StatefulSet").at("/spec/template/spec/containers/0");

        assertThat(rendered).noneMatch(object -> object.path("kind").asText().equals("Secret"));
        assertThat(container.at("/env"))
                .noneMatch(variable -> variable.path("valueFrom").has("secretKeyRef"));
        assertThat(container.has("envFrom")).isFalse();
        for (var path : configuration(rendered).findValuesAsText("file")) {
            assertThat(container.at("/volumeMounts"))
                    .extracting(mount -> mount.path("mountPath").asText() + "/")
                    .anySatisfy(mounted -> assertThat(path).startsWith(mounted));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "everything"})
    void theServiceTakesItsConfiguration(String values) throws IOException {
        var text = only(render(values), "ConfigMap")
                .at("/data/halfrate.yaml")
                .asText()
                .replace("/etc/halfrate/secrets/", directory + "/");
        for (var file : Map.of(
                        "vendors/openai",
                        "sk-a",
                        "vendors/claude",
                        "sk-b",
                        "vendors/webhook",
                        "whsec_" + "QUFB".repeat(10),
                        "kafka/jaas",
                        "x",
                        "admin/read",
                        "r".repeat(32),
                        "admin/operate",
                        "o".repeat(32))
                .entrySet()) {
            var path = directory.resolve(file.getKey());
            Files.createDirectories(path.getParent());
            Files.writeString(path, file.getValue());
        }

        var config = ConfigFile.parse(text, Map.of("HALFRATE_ADVERTISED", "test-halfrate-0.test-halfrate-pods:8090"));

        assertThat(config.admin().isOpen()).isFalse();
        assertThat(config.admin().asked().address()).isEqualTo("test-halfrate-0.test-halfrate-pods:8090");
        assertThat(config.stateDir()).isEqualTo(Path.of("/var/lib/halfrate"));
    }

    @Test
    void aProcessIsGivenLongerThanItWaitsWhenItStops() throws IOException {
        var rendered = render("{}");
        var grace = only(rendered, "StatefulSet")
                .at("/spec/template/spec/terminationGracePeriodSeconds")
                .asLong();
        var stopWait = ConfigFile.parse("""
                        kafka: {bootstrap.servers: x:1}
                        accounts: [{name: a, key: {env: K}}]
                        """, Map.of("K", "k")).ledger().stopWait();

        assertThat(grace).isGreaterThan(stopWait.plusSeconds(30).toSeconds());
        assertThat(only(rendered, "StatefulSet").at("/spec/podManagementPolicy").asText())
                .isEqualTo("Parallel");
        assertThat(only(rendered, "PodDisruptionBudget")
                        .at("/spec/maxUnavailable")
                        .asInt())
                .isEqualTo(1);
    }

    @Test
    void probesAskWhatNeedsNoToken() throws IOException {
        var container = only(render("everything"), "StatefulSet").at("/spec/template/spec/containers/0");

        assertThat(container.at("/livenessProbe/httpGet/path").asText()).isEqualTo("/healthz");
        assertThat(container.at("/startupProbe/httpGet/path").asText()).isEqualTo("/healthz");
        assertThat(container.at("/readinessProbe/httpGet/path").asText()).isEqualTo("/readyz");
    }

    @Test
    void theNetworkIsOpenOnlyToWhatIsNamed() throws IOException {
        var usual = only(render("{}"), "NetworkPolicy").at("/spec");
        var everything = only(render("everything"), "NetworkPolicy").at("/spec");

        assertThat(ports(usual.at("/egress"))).containsExactly(53, 53, 8090, 9092, 443);
        assertThat(ports(usual.at("/ingress"))).containsExactly(8090);
        assertThat(usual.at("/ingress/0/from")).hasSize(1);
        assertThat(ports(everything.at("/egress"))).containsExactly(53, 53, 8090, 9093, 8081, 443);
        assertThat(ports(everything.at("/ingress"))).containsExactly(8090, 8443);
        assertThat(everything.at("/egress/1/to/0/podSelector").isObject()).isTrue();
        assertThat(everything.at("/egress/2/to/0/ipBlock/cidr").asText()).isEqualTo("192.0.2.0/24");
    }

    @Test
    void scalingGoesByTheLagOfIntakeOnEachRequestsTopicAndNeverToNothing() throws IOException {
        var rendered = render("everything");
        var scaled = only(rendered, "ScaledObject").at("/spec");

        assertThat(scaled.at("/triggers"))
                .extracting(trigger -> trigger.at("/metadata/topic").asText())
                .containsExactly("llm.requests", "llm.urgent");
        assertThat(scaled.at("/triggers/0/metadata/consumerGroup").asText()).isEqualTo("answers-intake");
        assertThat(scaled.at("/minReplicaCount").asInt()).isPositive();
        assertThat(only(rendered, "StatefulSet").at("/spec").has("replicas")).isFalse();
    }

    @Test
    void prometheusHasTheTokenThatReadsAndTheAlerts() throws IOException {
        var rendered = render("everything");

        assertThat(only(rendered, "ServiceMonitor")
                        .at("/spec/endpoints/0/authorization/credentials/key")
                        .asText())
                .isEqualTo("read");
        assertThat(only(rendered, "PrometheusRule").at("/spec/groups"))
                .isEqualTo(YAML.readTree(Path.of("../monitoring/alerts.yaml").toFile())
                        .at("/groups"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "config: {kafka: {bootstrap.servers: k:1}, accounts: [{name: a, key: sk-plain}]}",
                "config: {kafka: {bootstrap.servers: k:1, sasl.jaas.config: plain}}",
                "config: {kafka: {bootstrap.servers: k:1, ssl.keystore.password: plain}}",
                "config: {schema-registry: {password: plain}}",
                "config: {admin: {host: 0.0.0.0}}",
                "config: {state-dir: /tmp}",
                "terminationGracePeriodSeconds: 5",
                "secrets: [{name: admin, secretName: x}]",
                "replcas: 3"
            })
    void valuesThatWouldLeakOrBreakAreRefused(String values) {
        assertThatThrownBy(() -> render(values)).hasMessageContaining("schema");
    }

    private List<JsonNode> render(String values) throws IOException {
        var text = new Helm(CHART)
                .template()
                .withName("test")
                .withNamespace("llm")
                .withKubeVersion("1.31.0")
                .withValuesFile(file(values))
                .call();
        var objects = new ArrayList<JsonNode>();
        YAML.readerFor(JsonNode.class).<JsonNode>readValues(text).forEachRemaining(objects::add);
        objects.removeIf(object -> !object.isObject());
        return objects;
    }

    private Path file(String values) throws IOException {
        return Files.writeString(directory.resolve("values.yaml"), values.equals("everything") ? EVERYTHING : values);
    }

    private static JsonNode only(List<JsonNode> objects, String kind) {
        var found = objects.stream()
                .filter(object -> object.path("kind").asText().equals(kind))
                .toList();
        assertThat(found).as(kind).hasSize(1);
        return found.getFirst();
    }

    private static JsonNode configuration(List<JsonNode> objects) throws IOException {
        return YAML.readTree(
                only(objects, "ConfigMap").at("/data/halfrate.yaml").asText());
    }

    private static List<Integer> ports(JsonNode rules) {
        var ports = new ArrayList<Integer>();
        rules.forEach(rule ->
                rule.at("/ports").forEach(port -> ports.add(port.path("port").asInt())));
        return ports;
    }
}
