package dev.halfrate.trial;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.ops.TopicSetup;
import dev.halfrate.processor.provider.UpstreamId;
import dev.halfrate.trial.process.BrokerCluster;
import dev.halfrate.trial.process.TrialException;
import dev.halfrate.trial.process.Waiting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What is on trial: processors that share the work of one application, with topics, groups, custom_ids and an
 * account at the vendor that nobody else uses, so that whatever is seen of them is theirs.
 */
final class Subject implements AutoCloseable {
    static final String FIRST_HOST = "localhost";
    private static final String OTHER_HOST = "127.0.0.1";
    private static final List<String> NAMES = List.of("first", "second", "third", "fourth", "fifth", "sixth");

    /** As many as can be named. */
    static final int SERVICES_MAX = 6;

    private final Vendor vendor;
    private final SimulatorProcess simulator;
    private final String key;
    private final List<String> secrets;
    private final List<Service> services;
    private final Feeds feeds;
    private final Groups groups;
    private final Requests requests;
    private final List<String> notes = new ArrayList<>();

    /** Two of them, as usual. */
    Subject(
            String name,
            String mark,
            Path directory,
            BrokerCluster cluster,
            Vendor vendor,
            SimulatorProcess simulator,
            Scale scale,
            Map<String, String> headers)
            throws IOException, InterruptedException {
        this(
                name,
                mark,
                directory,
                cluster,
                vendor,
                simulator,
                scale,
                headers,
                List.of(Service.Ways.USUAL, Service.Ways.USUAL));
    }

    /**
     * @param mark makes its names, its key and its prompts unlike all others
     * @param headers of its requests
     * @param ways of each of its processors
     */
    Subject(
            String name,
            String mark,
            Path directory,
            BrokerCluster cluster,
            Vendor vendor,
            SimulatorProcess simulator,
            Scale scale,
            Map<String, String> headers,
            List<Service.Ways> ways)
            throws IOException, InterruptedException {
        this.vendor = vendor;
        this.simulator = simulator;
        this.key = "sk-canary-" + mark;
        var prompt = "canary prompt " + mark;
        var idPrefix = "canary-" + mark;
        this.secrets = List.of(key, prompt, idPrefix);
        var application = (name + "-" + mark).replace('/', '-').toLowerCase(Locale.ROOT);
        var made = new ArrayList<Service>();
        for (var way : ways) {
            var host = made.isEmpty() ? FIRST_HOST : OTHER_HOST;
            made.add(Service.of(
                    directory,
                    NAMES.get(made.size()),
                    application,
                    cluster,
                    vendor,
                    simulator.url(host, vendor),
                    key,
                    scale,
                    way));
        }
        services = List.copyOf(made);
        var config = config();
        var bootstrapServers = cluster.bootstrapServers();
        TopicSetup.ensure(config);
        feeds = new Feeds(bootstrapServers, config.topics(), secrets);
        groups = new Groups(bootstrapServers, config);
        requests = new Requests(
                bootstrapServers, vendor, config.topics().requests().getFirst(), idPrefix, prompt, scale, headers);
    }

    /** Calls the vendor by {@link #FIRST_HOST}. */
    Service first() {
        return services.getFirst();
    }

    Service second() {
        return services.get(1);
    }

    List<Service> services() {
        return services;
    }

    HalfrateConfig config() {
        return first().config();
    }

    Feeds feeds() {
        return feeds;
    }

    Groups groups() {
        return groups;
    }

    Requests requests() {
        return requests;
    }

    String key() {
        return key;
    }

    /** What was noticed or chosen on the way. */
    void note(String note) {
        notes.add(note);
    }

    String notes() {
        return String.join(", ", notes);
    }

    /** Starts again what gave up, as a supervisor would. */
    void supervise() throws IOException {
        for (var service : services) {
            if (service.gaveUp()) {
                note("a process gave up (%d)".formatted(service.jvm().exitCode()));
                service.start();
            }
        }
    }

    /** Waits until every request is answered, every batch settled, and nothing more can be billed. */
    void awaitQuiet(Duration bound) throws InterruptedException {
        awaitQuiet(bound, () -> {});
    }

    /** @param also done again and again meanwhile */
    void awaitQuiet(Duration bound, Runnable also) throws InterruptedException {
        var sent = requests.sent();
        try {
            Waiting.until("all is answered and settled", bound, () -> {
                supervise();
                also.run();
                return isQuiet(sent);
            });
        } catch (TrialException e) {
            throw new TrialException(e.getMessage() + ": " + feeds.missing(sent), e);
        }
    }

    /** @return whether each of these is answered, every batch settled, and nothing more can be billed */
    boolean isQuiet(List<Evidence.Sent> sent) throws IOException, InterruptedException {
        return feeds.cover(sent) && simulator.isIdle(vendor, key);
    }

    /** Ends the processes, and judges all that they have done. */
    Audit.Verdict judge() throws IOException, InterruptedException {
        for (var service : services) {
            service.kill();
        }
        feeds.drain();
        var billed = new ArrayList<Evidence.Billed>();
        var calls = new ArrayList<String>();
        readBillingBook(billed, calls);
        return Audit.of(new Evidence(
                requests.sent(), feeds.answers(), feeds.deadLetters(), feeds.batches(), billed, calls, leaks()));
    }

    /** What is said there of its requests. */
    private void readBillingBook(List<Evidence.Billed> billed, List<String> calls)
            throws IOException, InterruptedException {
        var contents = new HashSet<String>();
        requests.sent().forEach(sent -> contents.add(sent.content()));
        simulator.eachBilledLine(line -> {
            var content = line.path("content").asText();
            var batchId = line.path("batch_id").asText();
            if (contents.contains(content) && batchId.isEmpty()) {
                calls.add(content);
            } else if (contents.contains(content)) {
                var id = UpstreamId.parse(line.path("custom_id").asText());
                billed.add(new Evidence.Billed(batchId, id.map(UpstreamId::tag).orElse("none"), content));
            }
        });
    }

    private List<String> leaks() throws IOException {
        var leaks = new ArrayList<>(feeds.leaks());
        for (var service : services) {
            for (var log : service.logs()) {
                var text = Files.readString(log, UTF_8);
                if (secrets.stream().anyMatch(text::contains)) {
                    leaks.add(log.toString());
                }
            }
        }
        return leaks;
    }

    @Override
    public void close() {
        services.forEach(Service::close);
        try (feeds;
                groups) {
            requests.close();
        }
    }
}
