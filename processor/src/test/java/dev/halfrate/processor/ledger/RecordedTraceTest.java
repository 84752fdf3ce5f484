package dev.halfrate.processor.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.batch.AccountRules;
import dev.halfrate.processor.batch.Batch;
import dev.halfrate.processor.batch.BatchEvent;
import dev.halfrate.processor.batch.BatchLifecycle;
import dev.halfrate.processor.batch.Examples;
import dev.halfrate.processor.batch.Step;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * What a release has written to its ledger, every later one reads, and goes on from it as that release would have. A
 * trace is never changed; a release that decides otherwise on purpose adds its own and says so in the changelog.
 * {@code -Dtrace.record=NAME} writes one.
 */
class RecordedTraceTest {
    private static final Path TRACES = Path.of("src/test/resources/traces");
    private static final Map<String, AccountRules> RULES =
            new TreeMap<>(Map.of("exact", Examples.EXACT, "probable", Examples.PROBABLE, "primed", Examples.PRIMED));

    @Test
    void whatEarlierReleasesWroteIsGoneOnFromAsTheyWould() throws IOException {
        var name = System.getProperty("trace.record", "");
        if (!name.isEmpty()) {
            Files.createDirectories(TRACES);
            Files.write(TRACES.resolve(name + ".txt"), record());
        }
        try (var traces = Files.list(TRACES)) {
            assertThat(traces.toList()).isNotEmpty().allSatisfy(this::replay);
        }
    }

    private void replay(Path trace) throws IOException {
        var events = events();
        var records = new HashMap<String, Batch>();
        var decisions = 0;
        for (var line : Files.readAllLines(trace)) {
            var parts = line.split("\t", -1);
            if (parts[0].equals("record")) {
                records.put(parts[1], Restart.read(Base64.getDecoder().decode(parts[2])));
                continue;
            }
            var step = decide(known(RULES, parts[1]), known(records, parts[2]), known(events, parts[3]));
            assertThat(told(step)).as("%s: %s", trace.getFileName(), line).isEqualTo(parts[4]);
            decisions++;
        }
        assertThat(decisions).isGreaterThan(100);
    }

    private static <T> T known(Map<String, T> all, String name) {
        return Objects.requireNonNull(all.get(name), name);
    }

    private static List<String> record() {
        var lines = new ArrayList<String>();
        var batches = new LinkedHashMap<String, Batch>();
        for (var state : Examples.states()) {
            var batch = Restart.of(Examples.in(state));
            var name = batch.state().word() + "#" + batches.size();
            batches.put(name, batch);
            lines.add("record\t%s\t%s".formatted(name, Base64.getEncoder().encodeToString(Restart.written(batch))));
        }
        RULES.forEach((name, rules) -> batches.forEach((record, batch) -> events().forEach((label, event) -> {
            var step = decide(rules, batch, event);
            if (!step.effects().isEmpty() || step.durability() != Step.Durability.NONE) {
                lines.add("decision\t%s\t%s\t%s\t%s".formatted(name, record, label, told(step)));
            }
        })));
        return lines;
    }

    private static Step decide(AccountRules rules, Batch batch, BatchEvent event) {
        return new BatchLifecycle(Examples.SETTINGS, _ -> rules).on(batch, event, Examples.situation(0));
    }

    private static String told(Step step) {
        return "%s %s %s ends %s effects %s"
                .formatted(
                        step.durability(),
                        step.batch().state().word(),
                        step.batch().attempt().outcome(),
                        step.ends().stream()
                                .map(end -> end.item() + ":" + end.kind())
                                .toList(),
                        step.effects());
    }

    /** By kind and place among its kind: examples are only ever added at the end. */
    private static Map<String, BatchEvent> events() {
        var places = new HashMap<String, Integer>();
        var events = new LinkedHashMap<String, BatchEvent>();
        for (var event : Examples.events()) {
            var kind = event.getClass().getSimpleName();
            events.put(kind + "#" + places.merge(kind, 1, Integer::sum), event);
        }
        return events;
    }
}
