package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.halfrate.schemas.PublicSchemas;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every line of the examples' READMEs as it stands there, against a `./halfrate local` of its own. Its ports must be free: they
 * are those of the READMEs.
 */
@Tag("long")
class ProducerExamplesIT {
    private static final int ID_BYTES = 5;
    private static final Duration DEAD_WITHIN = Duration.ofSeconds(60);
    private static final String ANSWERED = "\tsucceeded\t";

    @TempDir
    Path directory;

    private LaunchedLocal local;

    @BeforeEach
    void start() throws Exception {
        local = LaunchedLocal.start(directory);
    }

    @AfterEach
    void stop() throws InterruptedException {
        local.stop();
    }

    private ExampleProgram example(String name) throws IOException {
        return ExampleProgram.copy(name, directory, Map.of());
    }

    @Test
    void shellSendsAFileAndReadsWhatBecameOfIt() throws Exception {
        assumeTrue(
                ExampleProgram.isThere("kcat", "jq"), "there is no kcat or jq: the examples in shell are not tested");
        var shell = example("shell");
        Files.copy(Path.of("../../producer-examples/python/requests.jsonl"), directory.resolve("shell/requests.jsonl"));

        assertThat(shell.run("./produce.sh requests.jsonl"))
                .hasSize(2)
                .allSatisfy(line -> assertThat(line).contains("\"status\":\"succeeded\""));

        // The same again, which is paid for once
        assertThat(shell.run(" -l requests.jsonl")).isEmpty();
        assertThat(shell.runWith(
                        "kcat -b 127.0.0.1:19092 -C -t llm.results -o beginning -X isolation.level=read_committed",
                        "-o beginning",
                        "-o beginning -e"))
                .hasSize(2);
        assertThat(shell.runWith("broker-1", "broker-1:9092,broker-2:9092", LaunchedLocal.BOOTSTRAP_SERVERS))
                .hasSize(2);
        assertThat(shell.run("jq -r"))
                .hasSize(2)
                .anySatisfy(line -> assertThat(line).startsWith("file-1\t"))
                .anySatisfy(line -> assertThat(line).startsWith("file-2\t"));
        shell.execute("echo nonsense | kcat -b 127.0.0.1:19092 -P -t llm.requests");
        await().atMost(DEAD_WITHIN).until(() -> shell.run("llm.dlq").size() == 1);
    }

    @Test
    void pythonSendsBothFormsAndBatchFilesAndFindsItsResults() throws Exception {
        assumeTrue(ExampleProgram.isThere("python3"), "there is no python3: the examples in Python are not tested");
        var python = example("python");
        python.run("pip install");

        var answers = python.run("produce.py");
        assertThat(answers)
                .hasSize(2)
                .allSatisfy(line -> assertThat(line).startsWith("py-").contains(ANSWERED));
        assertThat(requests()).isNotEmpty().allSatisfy(request -> assertTag(request, "python-example"));
        assertThat(python.run("produce.py")).containsExactlyInAnyOrderElementsOf(answers);

        assertThat(python.run("produce_avro.py"))
                .hasSize(1)
                .allSatisfy(line -> assertThat(line).contains(ANSWERED));
        assertSent(
                "{\"model\": \"gpt-4o-mini\", \"messages\": [{\"role\": \"user\", \"content\": \"Wie heißt du?\"}]}");

        assertThat(python.run("batch_file.py"))
                .hasSize(2)
                .allSatisfy(line -> assertThat(line).contains("\"status\": \"succeeded\""))
                .anySatisfy(line -> assertThat(line).contains("\"custom_id\": \"file-1\""))
                .anySatisfy(line -> assertThat(line).contains("\"custom_id\": \"file-2\""));
        assertThat(requests())
                .extracting(request -> new String(request.value(), UTF_8))
                .containsAll(Files.readAllLines(Path.of("../../producer-examples/python/requests.jsonl")));

        assertThat(python.run("wait_for_results.py"))
                .hasSize(2)
                .allSatisfy(line -> assertThat(line).startsWith("file-").contains(ANSWERED));
    }

    @Test
    void nodeSendsBothFormsAndFindsItsResults() throws Exception {
        assumeTrue(
                ExampleProgram.isThere("node", "npm"), "there is no node or npm: the examples for Node are not tested");
        var node = example("node");
        node.run("npm install");

        assertThat(node.run("produce.js \""))
                .hasSize(2)
                .allSatisfy(line -> assertThat(line).startsWith("node-").contains(ANSWERED));
        assertThat(requests()).isNotEmpty().allSatisfy(request -> assertTag(request, "node-example"));

        assertThat(node.run("results.js"))
                .hasSize(1)
                .allSatisfy(line -> assertThat(line).contains(ANSWERED));

        assertThat(node.run("produce.js --avro"))
                .hasSize(1)
                .allSatisfy(line -> assertThat(line).contains(ANSWERED));
        assertSent("{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"Wie heißt du?\"}]}");
    }

    @Test
    void javaSendsBothFormsAndFindsItsResults() throws Exception {
        assumeTrue(ExampleProgram.isThere("mvn"), "there is no mvn: the examples in Java are not tested");
        var java = example("java");
        java.run("mvn");

        assertThat(java.run("Produce.java \""))
                .hasSize(2)
                .allSatisfy(line -> assertThat(line).startsWith("java-").contains(ANSWERED));
        assertThat(requests()).isNotEmpty().allSatisfy(request -> assertTag(request, "java-example"));

        assertThat(java.run("WaitForResults.java"))
                .hasSize(1)
                .allSatisfy(line -> assertThat(line).contains(ANSWERED));

        assertThat(java.run("Produce.java --avro"))
                .hasSize(1)
                .allSatisfy(line -> assertThat(line).contains(ANSWERED));
        assertSent(
                "{\"model\": \"gpt-4o-mini\", \"messages\": [{\"role\": \"user\", \"content\": \"Wie heißt du?\"}]}");

        assertThat(java.run(" Results.java"))
                .hasSize(3)
                .allSatisfy(line -> assertThat(line).contains(ANSWERED));
    }

    @Test
    void springCompletesFuturesWithResults() throws Exception {
        assumeTrue(ExampleProgram.isThere("mvn"), "there is no mvn: the example for Spring is not tested");
        var spring = example("spring");
        spring.run("mvn");

        var answers = spring.run("java -jar");
        assertThat(answers)
                .hasSize(2)
                .allSatisfy(line -> assertThat(line).startsWith("spring-").contains(ANSWERED));
        assertThat(spring.run("java -jar")).containsExactlyElementsOf(answers);
    }

    private static void assertTag(ConsumerRecord<byte[], byte[]> request, String tag) {
        assertThat(request.headers().lastHeader("halfrate-tag").value())
                .asString(UTF_8)
                .isEqualTo(tag);
    }

    /** That exactly this is the body of a request in Avro. */
    private static void assertSent(String body) {
        assertThat(requests())
                .filteredOn(request -> request.value()[0] == 0)
                .extracting(request -> read(request.value()).get("body").toString())
                .contains(body);
    }

    private static List<ConsumerRecord<byte[], byte[]>> requests() {
        var found = new ArrayList<ConsumerRecord<byte[], byte[]>>();
        try (var consumer = new KafkaConsumer<>(
                Map.<String, Object>of("bootstrap.servers", LaunchedLocal.BOOTSTRAP_SERVERS),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            var partitions = consumer.partitionsFor("llm.requests").stream()
                    .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            var ends = consumer.endOffsets(partitions);
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                consumer.poll(Duration.ofMillis(200)).forEach(found::add);
            }
        }
        return found;
    }

    private static GenericRecord read(byte[] value) {
        try {
            var decoder = DecoderFactory.get().binaryDecoder(value, ID_BYTES, value.length - ID_BYTES, null);
            return new GenericDatumReader<GenericRecord>(PublicSchemas.REQUEST).read(null, decoder);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
