package dev.halfrate.processor.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The diagram in docs/architecture.md is what the lifecycle does, no more and no less. */
class StateDiagramTest {
    private static final Path DOCUMENT = Path.of("../docs/architecture.md");

    @Test
    void theDocumentShowsEveryTransition() throws IOException {
        assertThat(Files.readString(DOCUMENT))
                .as("the block in %s must be%n%s", DOCUMENT, diagram())
                .contains(diagram());
    }

    private static String diagram() {
        var edges = new TreeMap<String, TreeSet<String>>();
        for (var variant : variants()) {
            var lifecycle = new BatchLifecycle(variant.settings, _ -> variant.rules);
            for (var batch : batches()) {
                var state = batch.state().word();
                for (var event : events()) {
                    var after = lifecycle
                            .on(batch, event, Examples.situation(0))
                            .batch()
                            .state();
                    if (!after.word().equals(state)) {
                        edges.computeIfAbsent(state + " --> " + after.word(), _ -> new TreeSet<>())
                                .add(event.getClass().getSimpleName());
                    }
                }
            }
        }
        return edges.entrySet().stream()
                .map(edge -> "    %s: %s%n".formatted(edge.getKey(), String.join(", ", edge.getValue())))
                .collect(Collectors.joining(
                        "",
                        "```mermaid%nstateDiagram-v2%n    [*] --> sealed%n".formatted(),
                        "    settled --> [*]\n```\n"));
    }

    private static List<Batch> batches() {
        return Stream.concat(Examples.states().stream().map(Examples::in), Stream.of(Examples.sealedAtOnce()))
                .toList();
    }

    private record Variant(LifecycleSettings settings, AccountRules rules) {}

    private static List<Variant> variants() {
        var variants = new ArrayList<Variant>();
        for (var doubtsMax : List.of(1, 2)) {
            for (var runningMax : List.of(Duration.ofSeconds(1), Duration.ofHours(26))) {
                for (var policy : DoubtPolicy.values()) {
                    for (var exact : List.of(true, false)) {
                        variants.add(new Variant(
                                new LifecycleSettings(
                                        List.of(Duration.ofSeconds(30)),
                                        Duration.ofSeconds(1),
                                        Duration.ofSeconds(1),
                                        Duration.ofSeconds(1),
                                        runningMax,
                                        doubtsMax,
                                        3,
                                        2,
                                        true,
                                        Duration.ofSeconds(1),
                                        Duration.ofSeconds(1)),
                                new AccountRules(
                                        !exact && policy != DoubtPolicy.RESUBMIT_IF_REVOKED,
                                        exact,
                                        policy,
                                        100,
                                        exact,
                                        true,
                                        exact ? 4 : 0)));
                    }
                }
            }
        }
        return variants;
    }

    private static List<BatchEvent> events() {
        var everyItem = IntStream.range(0, Examples.ITEMS).toArray();
        var events = new ArrayList<>(Examples.events());
        events.add(Examples.reported(ItemReport.Finding.SUCCEEDED, everyItem));
        events.add(new BatchEvent.SpoolWritten(0, Examples.reports(ItemReport.Finding.BODY_GONE, everyItem)));
        events.add(Examples.called(ItemReport.Finding.SUCCEEDED, everyItem));
        return events;
    }
}
