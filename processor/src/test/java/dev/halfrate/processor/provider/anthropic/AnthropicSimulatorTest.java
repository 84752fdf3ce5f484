package dev.halfrate.processor.provider.anthropic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.provider.CreateOutcome;
import dev.halfrate.processor.provider.Deadline;
import dev.halfrate.processor.provider.FilePosition;
import dev.halfrate.processor.provider.FindOutcome;
import dev.halfrate.processor.provider.MarkerOutcome;
import dev.halfrate.processor.provider.Provider;
import dev.halfrate.processor.provider.Provider.Create;
import dev.halfrate.processor.provider.Provider.Search;
import dev.halfrate.processor.provider.ProviderContract;
import dev.halfrate.processor.provider.RemoteBatch;
import dev.halfrate.processor.provider.RemoteBatch.Counts;
import dev.halfrate.processor.provider.ResultLine;
import dev.halfrate.processor.provider.ResultLine.NotExecuted;
import dev.halfrate.processor.provider.SweepOutcome;
import dev.halfrate.processor.provider.http.RawVendor;
import dev.halfrate.simulator.LineErrorRates;
import dev.halfrate.simulator.Simulator;
import dev.halfrate.simulator.SimulatorConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** The contract, kept by the client over a real socket against the simulated vendor; and what only markers can find. */
class AnthropicSimulatorTest extends ProviderContract {
    @AutoClose
    private final AnthropicProvider provider = provider(simulator);

    AnthropicSimulatorTest() {
        super("/v1/messages", "claude-haiku-4-5");
    }

    private AnthropicProvider provider(Simulator at) {
        return AnthropicProvider.of(
                RawVendor.account("anthropic", at.baseUrl().toString()),
                RawVendor.timeouts(Duration.ofSeconds(20)),
                vendorTime::get);
    }

    @Override
    protected Provider provider() {
        return provider;
    }

    @Override
    protected String error(String type) {
        return "{\"type\":\"error\",\"error\":{\"type\":\"%s\",\"message\":\"no\"},\"request_id\":null}"
                .formatted(type);
    }

    @Override
    protected CreateOutcome create(String tag, Path lines, Deadline deadline) {
        return create(provider, tag, lines, deadline);
    }

    private static CreateOutcome create(Provider at, String tag, Path lines, Deadline deadline) {
        return at.create(new Create(tag, "b-1", "/v1/messages", "claude", "", List.of(), "24h", "", lines, deadline));
    }

    @Test
    void whatIsNewerThanTheMarkerIsACandidateTheOldestFirst() throws IOException {
        assertThat(provider.marker()).isEqualTo(new MarkerOutcome.Marker(""));
        created(OTHER_TAG, 1);
        var before = created(OTHER_TAG, 2);
        assertThat(provider.marker()).isEqualTo(new MarkerOutcome.Marker(before.id()));
        assertThat(candidates(before.id())).isEmpty();

        var first = created(TAG, 3);
        var second = created(OTHER_TAG, 4);

        assertThat(candidates(before.id())).extracting(RemoteBatch::id).containsExactly(first.id(), second.id());
        assertThat(candidates(before.id()))
                .extracting(candidate -> candidate.counts().total())
                .containsExactly(3, 4);
        assertThat(candidates("")).hasSize(4);
    }

    @Test
    void aSweepListsWhatIsThereWhosesoeverItIs() throws IOException {
        var one = created(TAG, 1);
        var two = created(OTHER_TAG, 1);

        assertThat(provider.sweep(vendorNow())).isInstanceOfSatisfying(SweepOutcome.Swept.class, swept -> {
            assertThat(swept.batches())
                    .extracting(listed -> listed.remote().id())
                    .containsExactlyInAnyOrder(one.id(), two.id());
            assertThat(swept.batches()).extracting(SweepOutcome.Listed::batchId).containsOnly("");
        });
    }

    @Test
    void theCountIsKnownFromTheStart() throws IOException {
        var created = created(TAG, 7);

        assertThat(created.counts()).isEqualTo(new Counts(7, 0, 0));
        assertThat(ended(created.id()).counts()).isEqualTo(new Counts(7, 7, 0));
        assertThat(linesBilled()).isEqualTo(7);
    }

    @Test
    void linesThatAreNotExecutedInTimeSayThatTheyExpired() throws Exception {
        var rates = new LineErrorRates(0, 0, 0.5);
        try (var slow = Simulator.start(SimulatorConfig.defaults().withLineErrorRates(rates), vendorTime::get);
                var client = provider(slow)) {
            var id = created(create(client, TAG, lines(TAG, 20), () -> false)).id();
            pass(Duration.ofHours(25));
            var lines = new ArrayList<ResultLine>();

            client.results(id, FilePosition.START, (line, _) -> lines.add(line));

            assertThat(lines).hasSize(20);
            assertThat(lines.stream().filter(NotExecuted.class::isInstance))
                    .isNotEmpty()
                    .allSatisfy(line -> assertThat(((NotExecuted) line).cause()).isEqualTo(ResultLine.Cause.EXPIRED));
            assertThat(slow.billingBook().summary().linesBilled())
                    .isEqualTo(lines.stream()
                            .filter(ResultLine.Answered.class::isInstance)
                            .count());
        }
    }

    private List<RemoteBatch> candidates(String marker) {
        var outcome = provider.find(new Search(TAG, "", marker, vendorNow()));
        assertThat(outcome).isInstanceOf(FindOutcome.Candidates.class);
        return ((FindOutcome.Candidates) outcome).remotes();
    }
}
