package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.halfrate.processor.Processor;
import dev.halfrate.processor.config.FormatsConfig;
import dev.halfrate.processor.config.RegistryConfig;
import dev.halfrate.schemas.PublicSchemas;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
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

/** Every line of the examples' READMEs, against what `./halfrate local` starts. */
@Tag("long")
class ProducerExamplesIT {
    private static final int SPEED = 600;
    private static final int ID_BYTES = 5;
    private static final String ANSWERED = "\tsucceeded\t";

    @TempDir
    Path directory;

    private LocalStack stack;

    @BeforeEach
    void start() throws Exception {
        stack = LocalStack.start(new LocalStack.Plan(0, 0, directory, 1, SPEED, false, null));
    }

    @AfterEach
    void stop() {
        stack.close();
    }

    @Test
    void pythonSendsBothFormsAndBatchFilesAndFindsItsResults() throws Exception {
        assumeTrue(ExampleProgram.isThere("python3"), "there is no python3: the examples in Python are not tested");
        var python = ExampleProgram.copy("python", directory);
        try (var _ = processor(FormatsConfig.JSON)) {
            python.run(stack, "pip install");

            var answers = python.run(stack, "produce.py");
            assertThat(answers)
                    .hasSize(2)
                    .allSatisfy(line -> assertThat(line).startsWith("py-").contains(ANSWERED));
            assertThat(requests()).isNotEmpty().allSatisfy(request -> assertTag(request, "python-example"));
            assertThat(python.run(stack, "produce.py")).containsExactlyInAnyOrderElementsOf(answers);

            assertThat(python.run(stack, "produce_avro.py"))
                    .hasSize(1)
                    .allSatisfy(line -> assertThat(line).contains(ANSWERED));
            assertSent(
                    "{\"model\": \"gpt-4o-mini\", \"messages\": [{\"role\": \"user\", \"content\": \"Wie heißt du?\"}]}");

            assertThat(python.run(stack, "batch_file.py"))
                    .hasSize(2)
                    .allSatisfy(line -> assertThat(line).contains("\"status\": \"succeeded\""))
                    .anySatisfy(line -> assertThat(line).contains("\"custom_id\": \"file-1\""))
                    .anySatisfy(line -> assertThat(line).contains("\"custom_id\": \"file-2\""));
            assertThat(requests())
                    .extracting(request -> new String(request.value(), UTF_8))
                    .containsAll(Files.readAllLines(Path.of("../../producer-examples/python/requests.jsonl")));

            assertThat(python.run(stack, "wait_for_results.py"))
                    .hasSize(2)
                    .allSatisfy(line -> assertThat(line).startsWith("file-").contains(ANSWERED));
        }
        try (var _ = processor(FormatsConfig.AVRO)) {
            assertThat(python.runWith(stack, "produce_avro.py", "heißt", "hieß"))
                    .hasSize(1)
                    .allSatisfy(line -> assertThat(line).contains(ANSWERED));
        }
    }

    @Test
    void nodeSendsBothFormsAndFindsItsResults() throws Exception {
        assumeTrue(
                ExampleProgram.isThere("node", "npm"), "there is no node or npm: the examples for Node are not tested");
        var node = ExampleProgram.copy("node", directory);
        try (var _ = processor(FormatsConfig.JSON)) {
            node.run(stack, "npm install");

            assertThat(node.run(stack, "produce.js \""))
                    .hasSize(2)
                    .allSatisfy(line -> assertThat(line).startsWith("node-").contains(ANSWERED));
            assertThat(requests()).isNotEmpty().allSatisfy(request -> assertTag(request, "node-example"));

            assertThat(node.run(stack, "results.js"))
                    .hasSize(1)
                    .allSatisfy(line -> assertThat(line).contains(ANSWERED));
        }
        try (var _ = processor(FormatsConfig.AVRO)) {
            assertThat(node.run(stack, "produce.js --avro"))
                    .hasSize(1)
                    .allSatisfy(line -> assertThat(line).contains(ANSWERED));
            assertSent("{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"Wie heißt du?\"}]}");
        }
    }

    @Test
    void javaSendsBothFormsAndFindsItsResults() throws Exception {
        assumeTrue(ExampleProgram.isThere("mvn"), "there is no mvn: the examples in Java are not tested");
        var java = ExampleProgram.copy("java", directory);
        try (var _ = processor(FormatsConfig.JSON)) {
            java.run(stack, "mvn");

            assertThat(java.run(stack, "Produce.java \""))
                    .hasSize(2)
                    .allSatisfy(line -> assertThat(line).startsWith("java-").contains(ANSWERED));
            assertThat(requests()).isNotEmpty().allSatisfy(request -> assertTag(request, "java-example"));

            assertThat(java.run(stack, "WaitForResults.java"))
                    .hasSize(1)
                    .allSatisfy(line -> assertThat(line).contains(ANSWERED));
        }
        try (var _ = processor(FormatsConfig.AVRO)) {
            assertThat(java.run(stack, "Produce.java --avro"))
                    .hasSize(1)
                    .allSatisfy(line -> assertThat(line).contains(ANSWERED));
            assertSent(
                    "{\"model\": \"gpt-4o-mini\", \"messages\": [{\"role\": \"user\", \"content\": \"Wie heißt du?\"}]}");

            assertThat(java.run(stack, " Results.java"))
                    .hasSize(3)
                    .allSatisfy(line -> assertThat(line).contains(ANSWERED));
        }
    }

    private static void assertTag(ConsumerRecord<byte[], byte[]> request, String tag) {
        assertThat(request.headers().lastHeader("halfrate-tag").value())
                .asString(UTF_8)
                .isEqualTo(tag);
    }

    private Processor processor(String results) throws InterruptedException {
        return Processor.start(
                stack.config()
                        .with(
                                RegistryConfig.at(stack.registryUrl()),
                                new FormatsConfig(results, FormatsConfig.JSON, Map.of())),
                new SimpleMeterRegistry());
    }

    /** That exactly this is the body of a request in Avro, and of one that the vendor got. */
    private void assertSent(String body) throws IOException {
        assertThat(requests())
                .filteredOn(request -> request.value()[0] == 0)
                .extracting(request -> read(request.value()).get("body").toString())
                .contains(body);
        try (var files = Files.walk(directory.resolve("simulator"))) {
            assertThat(files.filter(Files::isRegularFile))
                    .anySatisfy(file -> assertThat(file).content(ISO_8859_1).contains(latin1(body)));
        }
    }

    /** A character for each byte, as other files need not be texts. */
    private static String latin1(String text) {
        return new String(text.getBytes(UTF_8), ISO_8859_1);
    }

    private List<ConsumerRecord<byte[], byte[]>> requests() {
        var found = new ArrayList<ConsumerRecord<byte[], byte[]>>();
        try (var consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", stack.bootstrapServers()),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            var partitions = consumer
                    .partitionsFor(stack.config().topics().requests().getFirst())
                    .stream()
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
