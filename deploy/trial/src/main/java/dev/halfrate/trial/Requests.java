package dev.halfrate.trial;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.simulator.BillingBook;
import dev.halfrate.trial.Evidence.Place;
import dev.halfrate.trial.Evidence.Sent;
import dev.halfrate.trial.process.TrialException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** Sends requests as any producer would, some of them twice, some of them unusable, and remembers them. One thread. */
final class Requests implements AutoCloseable {
    /** One in so many is sent again at once. */
    private static final int REPEATED_EACH = 20;

    private static final String FILLING = " and so on, and \\u0073o on, \\n";

    private static final List<String> UNUSABLE = List.of("no JSON, but a %s", "[\"%s\"]", "{\"body\": \"%s\"}");

    private final Vendor vendor;
    private final String topic;
    private final String idPrefix;
    private final String prompt;
    private final Scale scale;
    private final List<Header> headers;
    private final KafkaProducer<byte[], byte[]> producer;
    private final List<Sent> sent = new ArrayList<>();
    private int made;
    private long bodyBytes;

    /**
     * @param idPrefix of every custom_id
     * @param prompt stands in every prompt
     * @param headers of every request
     */
    Requests(
            String bootstrapServers,
            Vendor vendor,
            String topic,
            String idPrefix,
            String prompt,
            Scale scale,
            Map<String, String> headers) {
        this.vendor = vendor;
        this.topic = topic;
        this.idPrefix = idPrefix;
        this.prompt = prompt;
        this.scale = scale;
        this.headers = headers.entrySet().stream()
                .<Header>map(
                        each -> new RecordHeader(each.getKey(), each.getValue().getBytes(UTF_8)))
                .toList();
        producer = new KafkaProducer<>(
                Map.of(
                        "bootstrap.servers",
                        bootstrapServers,
                        "linger.ms",
                        "5",
                        "delivery.timeout.ms",
                        "120000",
                        // A partition that has just been made may refuse the first batch and take the second, and then
                        // never takes the first.
                        "max.in.flight.requests.per.connection",
                        "1"),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    private record Line(@Nullable String customId, String content, byte[] value) {}

    /** Returns when the broker has them: so many requests, repeats of some of them, and something unusable. */
    void send(int count) throws InterruptedException {
        var lines = new ArrayList<Line>();
        for (var i = 0; i < count; i++) {
            var line = line(made++);
            lines.add(line);
            if (made % REPEATED_EACH == 0) {
                lines.add(line);
            }
        }
        lines.add(new Line(
                null, "", UNUSABLE.get(made % UNUSABLE.size()).formatted(prompt).getBytes(UTF_8)));
        var stored = lines.stream()
                .map(line ->
                        producer.send(new ProducerRecord<byte[], byte[]>(topic, null, null, line.value(), headers)))
                .toList();
        for (var i = 0; i < lines.size(); i++) {
            try {
                RecordMetadata at = stored.get(i).get();
                var line = lines.get(i);
                sent.add(new Sent(new Place(at.partition(), at.offset()), line.customId(), line.content()));
            } catch (ExecutionException e) {
                throw new TrialException("a request could not be sent: " + e.getCause(), e);
            }
        }
    }

    List<Sent> sent() {
        return List.copyOf(sent);
    }

    /** Of different requests, repeats not counted. */
    long bodyBytes() {
        return bodyBytes;
    }

    private Line line(int number) {
        var id = "%s-%06d".formatted(idPrefix, number);
        var body =
                "{\"model\": \"%s\", \"max_tokens\": %d, \"messages\": [{\"role\": \"user\", \"content\": \"%s %s%s\"}]}"
                        .formatted(vendor.model, scale.answerTokensMax(), prompt, id, filling(number));
        bodyBytes += body.getBytes(UTF_8).length;
        var value = "{\"custom_id\": \"%s\", \"method\": \"POST\", \"url\": \"%s\", \"body\": %s}"
                .formatted(id, vendor.endpoint, body);
        return new Line(id, BillingBook.contentOf(vendor.endpoint, body.getBytes(UTF_8)), value.getBytes(UTF_8));
    }

    private String filling(int number) {
        return FILLING.repeat(Math.ceilDiv(scale.promptBytes().applyAsInt(number), FILLING.length()));
    }

    @Override
    public void close() {
        producer.close();
    }
}
