package dev.halfrate.processor.call;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.halfrate.processor.call.CallRun.Outcome;
import dev.halfrate.processor.call.CallRun.Settings;
import dev.halfrate.processor.call.VirtualCaller.Killed;
import dev.halfrate.processor.call.VirtualCaller.Reaction;
import dev.halfrate.processor.call.VirtualCaller.Vendor;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.codec.ResultCodec;
import dev.halfrate.processor.money.Usage;
import dev.halfrate.processor.provider.CallOutcome;
import dev.halfrate.processor.provider.CallOutcome.Answered;
import dev.halfrate.processor.provider.CallOutcome.NoAnswer;
import dev.halfrate.processor.provider.CallOutcome.Refused;
import dev.halfrate.processor.provider.Refusal;
import dev.halfrate.processor.provider.Refusal.Kind;
import dev.halfrate.processor.provider.ResultLine;
import dev.halfrate.processor.provider.http.RawVendor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of requests and a vendor in virtual time: each request has one result, and money is accounted for. */
class CallRunTest {
    private static final Answered ANSWER = new Answered(
            new ResultLine.Answered("", 200, "{\"x\":\"y\"}".getBytes(UTF_8), new Usage(10, 4, 0, 3), null));
    private static final Duration CALL = Duration.ofSeconds(2);
    private static final Reaction WELL = new Reaction(ANSWER, CALL);

    @TempDir
    private Path dir = Path.of("");

    private Path results = Path.of("");

    @BeforeEach
    void files() {
        results = dir.resolve("results.jsonl");
    }

    @Test
    void eachRequestIsSentOnceAndHasItsResult() throws Exception {
        var vendor = new VirtualCaller((_, _, _, _) -> WELL);

        var outcome = run(vendor, 120, null);

        assertThat(outcome.stopped()).isNull();
        assertThat(outcome.counts().succeeded()).isEqualTo(120);
        assertThat(outcome.counts().left()).isZero();
        assertThat(outcome.counts().sentAgain()).isZero();
        assertThat(outcome.counts().exposure()).isZero();
        assertThat(outcome.counts().usage()).isEqualTo(new Usage(1_200, 480, 0, 360));
        assertThat(vendor.sent()).hasSize(120).doesNotHaveDuplicates();
        assertThat(vendor.mostAtOnce()).isEqualTo(50);
        assertThat(results()).hasSize(120).allSatisfy((_, result) -> {
            assertThat(result.status()).isEqualTo(Result.Status.SUCCEEDED);
            assertThat(result.account()).isEqualTo("main");
            assertThat(result.model()).isEqualTo("gpt-4o-mini");
            assertThat(result.httpStatus()).isEqualTo(200);
            assertThat(result.attempts()).isEqualTo(1);
            assertThat(result.batchId()).isEmpty();
        });
    }

    @Test
    void aVendorWithRoomForTenGetsAboutTen() throws Exception {
        var refusals = new int[1];
        var vendor = new VirtualCaller((_, _, underWay, _) -> {
            if (underWay <= 10) {
                return WELL;
            }
            refusals[0]++;
            return new Reaction(refused(Kind.RATE, 429, Duration.ofSeconds(1)), Duration.ofMillis(50));
        });

        var outcome = run(vendor, 1_000, null);

        assertThat(outcome.counts().succeeded()).isEqualTo(1_000);
        assertThat(outcome.counts().exposure()).isZero();
        assertThat(outcome.counts().sentAgain()).isEqualTo(refusals[0]);
        assertThat(refusals[0]).as("refusals").isLessThan(150);
        // At 10 at once it would take 200 seconds.
        assertThat(vendor.elapsed()).isLessThan(Duration.ofSeconds(500));
        assertThat(results().values())
                .allSatisfy(result -> assertThat(result.attempts()).isEqualTo(1));
    }

    @Test
    void noCallBeginsWhileTheVendorWantsNone() throws Exception {
        var wish = Duration.ofMinutes(3);
        var begun = new HashSet<Duration>();
        var vendor = new VirtualCaller((_, time, _, _) -> {
            begun.add(time);
            return time.isZero() ? new Reaction(refused(Kind.UNAVAILABLE, 529, wish), Duration.ofSeconds(1)) : WELL;
        });

        run(vendor, 60, null);

        assertThat(begun)
                .allSatisfy(time ->
                        assertThat(time.isZero() || time.compareTo(wish) > 0).isTrue());
    }

    @Test
    void afterAnOutageOfMinutesAllIsAnsweredAndNothingIsExposed() throws Exception {
        var outage = Duration.ofMinutes(10);
        var vendor = new VirtualCaller((_, time, _, _) -> time.compareTo(outage) < 0
                ? new Reaction(refused(Kind.UNAVAILABLE, 0, null), Duration.ofMillis(5))
                : WELL);

        var outcome = run(vendor, 100, null);

        assertThat(outcome.counts().succeeded()).isEqualTo(100);
        assertThat(outcome.counts().exposure()).isZero();
        assertThat(vendor.sent()).as("calls in vain").hasSizeLessThan(250);
    }

    @Test
    void whatNeverComesBackIsGivenUpAndGoneOnWithLater() throws Exception {
        var down = new VirtualCaller((_, _, _, _) -> new Reaction(refused(Kind.RATE, 429, null), Duration.ofMillis(5)));

        var outcome = run(down, 100, null);

        assertThat(outcome.stopped()).isEqualTo("the vendor has answered nothing for 30 minutes (HTTP 429 code)");
        assertThat(outcome.counts().left()).isEqualTo(100);
        assertThat(run(new VirtualCaller((_, _, _, _) -> WELL), 100, null)
                        .counts()
                        .succeeded())
                .isEqualTo(100);
    }

    @Test
    void aRefusedKeySendsNothingMoreAndEndsNoRequest() throws Exception {
        var locked = new VirtualCaller((_, _, _, _) -> new Reaction(refused(Kind.KEY, 401, null), CALL));

        var outcome = run(locked, 200, null);

        assertThat(outcome.stopped()).isEqualTo("the vendor refuses the account's key (HTTP 401 code)");
        assertThat(outcome.counts().left()).isEqualTo(200);
        assertThat(locked.sent()).hasSize(50);
        assertThat(results).doesNotExist();
        assertThat(run(new VirtualCaller((_, _, _, _) -> WELL), 200, null)
                        .counts()
                        .succeeded())
                .isEqualTo(200);
    }

    @Test
    void aCallWithoutAnAnswerIsSentOnceMoreAndExposed() throws Exception {
        var vendor = new VirtualCaller((request, _, _, times) ->
                request.customId().equals("r-7") && times == 1 ? new Reaction(new NoAnswer("timed out"), CALL) : WELL);

        var outcome = run(vendor, 20, null);

        assertThat(outcome.counts().succeeded()).isEqualTo(20);
        assertThat(outcome.counts().exposure()).isEqualTo(1);
        assertThat(outcome.counts().sentAgain()).isEqualTo(1);
        assertThat(results().get("r-7"))
                .isNotNull()
                .satisfies(result -> assertThat(result.attempts()).isEqualTo(2));
    }

    @Test
    void aRequestThatIsNeverAnsweredIsBoughtTwiceAtMost() throws Exception {
        var vendor = new VirtualCaller((request, _, _, _) ->
                request.customId().equals("r-7") ? new Reaction(new NoAnswer("timed out"), CALL) : WELL);

        var outcome = run(vendor, 20, null);

        assertThat(outcome.counts().succeeded()).isEqualTo(19);
        assertThat(outcome.counts().failed()).isEqualTo(1);
        assertThat(outcome.counts().exposure()).isEqualTo(2);
        assertThat(results().get("r-7")).isNotNull().satisfies(result -> {
            assertThat(result.failure())
                    .isNotNull()
                    .extracting(Result.Failure::code)
                    .isEqualTo("no_answer");
            assertThat(result.attempts()).isEqualTo(2);
        });
    }

    @Test
    void whoDoesNotWantToPayTwiceIsObeyed() throws Exception {
        var vendor = new VirtualCaller((request, _, _, _) ->
                request.customId().equals("r-7") ? new Reaction(new NoAnswer("timed out"), CALL) : WELL);

        var outcome = run(vendor, 20, InDoubt.SKIP);

        assertThat(vendor.sent()).doesNotHaveDuplicates();
        assertThat(outcome.counts().failed()).isEqualTo(1);
        assertThat(outcome.counts().exposure()).isEqualTo(1);
    }

    @Test
    void whatCannotBeSentAloneDoesNotHoldUpTheOthers() throws Exception {
        var vendor = new VirtualCaller((request, _, _, _) -> request.customId().equals("r-0")
                ? new Reaction(refused(Kind.RATE, 429, null), Duration.ofMillis(5))
                : WELL);

        var outcome = run(vendor, 2_000, null);

        assertThat(outcome.counts().succeeded()).isEqualTo(1_999);
        assertThat(outcome.stopped()).isNull();
        assertThat(results().get("r-0")).isNotNull().satisfies(result -> {
            assertThat(result.failure()).isEqualTo(new Result.Failure("code", "HTTP 429 code", false));
            assertThat(result.httpStatus()).isEqualTo(429);
        });
    }

    @Test
    void someAreLeftToAnotherRunIfToldSo() throws Exception {
        var first = new VirtualCaller((_, _, _, _) -> WELL);
        var outcome = runWith(first, 100, new Settings(RawVendor.account("https://x/v1"), 50, 30, null));

        assertThat(outcome.stopped()).isNull();
        assertThat(outcome.counts().succeeded()).isEqualTo(30);
        assertThat(outcome.counts().left()).isEqualTo(70);

        var second = new VirtualCaller((_, _, _, _) -> WELL);
        var rest = run(second, 100, null);

        assertThat(second.sent()).hasSize(70).doesNotContainAnyElementsOf(first.sent());
        assertThat(rest.counts().earlier()).isEqualTo(30);
        assertThat(rest.counts().succeeded()).isEqualTo(100);
        assertThat(rest.counts().usage()).isEqualTo(new Usage(1_000, 400, 0, 300));
    }

    @Test
    void whatIsAnsweredIsNeverSentAgain() throws Exception {
        run(new VirtualCaller((_, _, _, _) -> WELL), 10, null);
        var again = new VirtualCaller((_, _, _, _) -> WELL);

        var outcome = run(again, 10, null);

        assertThat(again.sent()).isEmpty();
        assertThat(outcome.counts().earlier()).isEqualTo(10);
        assertThat(results()).hasSize(10);
    }

    @Test
    void afterADeathNothingIsSentBeforeSomebodyHasSaidWhatToDo() throws Exception {
        dies(25, 100);
        var next = new VirtualCaller((_, _, _, _) -> WELL);

        assertThatThrownBy(() -> run(next, 100, null))
                .isInstanceOf(CallException.class)
                .hasMessageStartingWith("50 requests were sent by an earlier run that did not see their answers")
                .hasMessageContaining("--in-doubt call-again")
                .hasMessageContaining("--in-doubt skip");
        assertThat(next.sent()).isEmpty();
    }

    @Test
    void whatWasInDoubtIsSentAgainIfToldSoAndExposed() throws Exception {
        dies(25, 100);
        var next = new VirtualCaller((_, _, _, _) -> WELL);

        var outcome = run(next, 100, InDoubt.CALL_AGAIN);

        assertThat(next.sent()).hasSize(100);
        assertThat(outcome.counts().succeeded()).isEqualTo(100);
        assertThat(outcome.counts().exposure()).isEqualTo(50);
        assertThat(results()).hasSize(100);
        assertThat(results().get("r-0"))
                .isNotNull()
                .satisfies(result -> assertThat(result.attempts()).isEqualTo(2));
    }

    @Test
    void whatWasInDoubtEndsUnknownIfToldSo() throws Exception {
        dies(25, 100);
        var next = new VirtualCaller((_, _, _, _) -> WELL);

        var outcome = run(next, 100, InDoubt.SKIP);

        assertThat(next.sent()).hasSize(50);
        assertThat(outcome.counts().succeeded()).isEqualTo(50);
        assertThat(outcome.counts().failed()).isEqualTo(50);
        assertThat(outcome.counts().exposure()).isEqualTo(50);
        assertThat(results()).hasSize(100);
        assertThat(run(next, 100, null).counts().exposure()).isEqualTo(50);
    }

    @Test
    void howeverOftenItDiesEachRequestHasOneResultAndWhatWasBoughtTwiceWasExposed() throws Exception {
        for (var seed = 0; seed < 50; seed++) {
            Files.deleteIfExists(results);
            Files.deleteIfExists(dir.resolve("results.jsonl.journal"));
            var random = new SplittableRandom(seed);
            var bought = new HashMap<String, Integer>();
            Vendor vendor = (request, _, underWay, _) -> {
                var chance = random.nextInt(100);
                if (underWay > 20 || chance < 10) {
                    return new Reaction(refused(Kind.RATE, 429, null), Duration.ofMillis(50));
                }
                if (chance < 95) {
                    bought.merge(request.customId(), 1, Integer::sum);
                }
                return chance < 90
                        ? new Reaction(ANSWER, Duration.ofMillis(random.nextInt(3_000)))
                        : new Reaction(new NoAnswer("connection broke"), Duration.ofMillis(500));
            };

            Outcome outcome = null;
            for (var lives = 0; outcome == null; lives++) {
                try {
                    var caller = new VirtualCaller(vendor);
                    outcome = run(lives < 5 ? caller.dyingAfter(random.nextInt(100)) : caller, 200, InDoubt.CALL_AGAIN);
                } catch (Killed _) {
                    Files.writeString(results, "{\"custom_id\":", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
                }
            }

            assertThat(results()).as("seed %d", seed).hasSize(200);
            assertThat(outcome.counts().left()).as("seed %d", seed).isZero();
            var surplus = bought.values().stream().mapToInt(times -> times - 1).sum();
            assertThat(outcome.counts().exposure()).as("seed %d", seed).isGreaterThanOrEqualTo(surplus);
        }
    }

    @Test
    void aStopWaitsForWhatIsUnderWay() throws Exception {
        var run = new CallRun[1];
        var vendor = new VirtualCaller((_, _, _, _) -> {
            run[0].stop();
            return WELL;
        });

        var outcome = run(vendor, 100, settings(null), run);

        assertThat(outcome.stopped()).isEqualTo("it was told to stop");
        assertThat(outcome.counts().succeeded()).isEqualTo(50);
        assertThat(run(new VirtualCaller((_, _, _, _) -> WELL), 100, null)
                        .counts()
                        .succeeded())
                .isEqualTo(100);
    }

    @Test
    void aStopDoesNotWaitForEver() throws Exception {
        var run = new CallRun[1];
        var vendor = new VirtualCaller((_, _, _, _) -> {
            run[0].stop();
            return new Reaction(ANSWER, Duration.ofHours(1));
        });

        var outcome = run(vendor, 100, settings(null), run);

        assertThat(outcome.counts().succeeded()).isZero();
        assertThat(outcome.counts().exposure()).isEqualTo(50);
        assertThat(vendor.elapsed()).isBetween(CallRun.STOP_WAIT, CallRun.STOP_WAIT.plusSeconds(1));
        assertThatThrownBy(() -> run(vendor, 100, null))
                .isInstanceOf(CallException.class)
                .hasMessageStartingWith("50 requests");
    }

    @Test
    void anotherBodyUnderASentIdIsNotTakenForIt() throws Exception {
        run(new VirtualCaller((_, _, _, _) -> WELL), 10, null);
        var file = requests(10);
        Files.writeString(file, Files.readString(file).replace("number 3", "number three"));
        var vendor = new VirtualCaller((_, _, _, _) -> WELL);

        assertThatThrownBy(() -> run(vendor, file, settings(null), new CallRun[1]))
                .isInstanceOf(CallException.class)
                .hasMessageContaining("line 4: its custom_id was sent with another url or body before")
                .hasMessageNotContaining("number");
        assertThat(vendor.sent()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 70_000})
    void aFileThatChangesMeanwhileEndsTheRunButNotWhatIsUnderWay(int bytesLeft) throws Exception {
        var file = requests(2_000);
        var vendor = new VirtualCaller((_, _, _, _) -> {
            try (var cut = FileChannel.open(file, StandardOpenOption.WRITE)) {
                cut.truncate(bytesLeft);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return WELL;
        });

        var outcome = run(vendor, file, settings(null), new CallRun[1]);

        assertThat(outcome.stopped()).contains("requests.jsonl was changed while it was read");
        assertThat(outcome.counts().succeeded()).isEqualTo(vendor.sent().size()).isPositive();
        assertThat(outcome.counts().underWay()).isZero();
    }

    @Test
    void aLineThatWasNotCheckedIsNotSent() throws Exception {
        var file = requests(2_000);
        var lines = Files.readAllLines(file);
        var vendor = new VirtualCaller((_, _, _, _) -> {
            try {
                // Somebody goes on writing, and repeats what it wrote
                Files.write(file, List.of(lines.getFirst(), lines.getLast()), StandardOpenOption.APPEND);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return WELL;
        });

        var outcome = run(vendor, file, settings(null), new CallRun[1]);

        assertThat(outcome.stopped()).contains("requests.jsonl was changed while it was read, at line 2001");
        assertThat(outcome.counts().succeeded()).isEqualTo(vendor.sent().size()).isEqualTo(2_000);
    }

    @Test
    void resultsWithoutAJournalAreNotTrusted() throws Exception {
        run(new VirtualCaller((_, _, _, _) -> WELL), 10, null);
        Files.delete(dir.resolve("results.jsonl.journal"));

        assertThatThrownBy(() -> run(new VirtualCaller((_, _, _, _) -> WELL), 10, null))
                .isInstanceOf(CallException.class)
                .hasMessageContaining("no journal");
        assertThat(results()).hasSize(10);
    }

    @Test
    void aFileOfAnotherKindIsLeftAlone() throws Exception {
        Files.writeString(results, "my notes");

        assertThatThrownBy(() -> run(new VirtualCaller((_, _, _, _) -> WELL), 10, null))
                .isInstanceOf(CallException.class);
        assertThat(Files.readString(results)).isEqualTo("my notes");
        assertThat(dir.resolve("results.jsonl.journal")).doesNotExist();
    }

    @Test
    void withABadLineNothingIsSentAndNothingIsLeft() throws Exception {
        var file = requests(10);
        Files.writeString(file, Files.readString(file) + "{}\n");
        var vendor = new VirtualCaller((_, _, _, _) -> WELL);

        assertThatThrownBy(() -> run(vendor, file, settings(null), new CallRun[1]))
                .isInstanceOf(CallException.class)
                .hasMessageContaining("line 11");
        assertThat(vendor.sent()).isEmpty();
        assertThat(dir).isDirectoryNotContaining("glob:**results*");
    }

    /** Sends so many of the first 50 before it dies; all 50 are in the journal, and none has a result. */
    private void dies(int calls, int requests) {
        assertThatThrownBy(() -> run(new VirtualCaller((_, _, _, _) -> WELL).dyingAfter(calls), requests, null))
                .isInstanceOf(Killed.class);
    }

    private Outcome run(VirtualCaller caller, int requests, @Nullable InDoubt inDoubt) throws Exception {
        return runWith(caller, requests, settings(inDoubt));
    }

    private Outcome runWith(VirtualCaller caller, int requests, Settings settings) throws Exception {
        return run(caller, requests, settings, new CallRun[1]);
    }

    private Outcome run(VirtualCaller caller, int requests, Settings settings, CallRun[] run) throws Exception {
        return run(caller, requests(requests), settings, run);
    }

    private Outcome run(VirtualCaller caller, Path requests, Settings settings, CallRun[] run) throws Exception {
        try (var journal = CallJournal.open(dir.resolve("results.jsonl.journal"));
                var file = ResultsFile.open(results)) {
            var lines = new RequestFile(requests, Set.of("/v1/chat/completions"), 1_000_000);
            run[0] = new CallRun(settings, lines, journal, file, caller, _ -> {});
            return run[0].run();
        }
    }

    private static Settings settings(@Nullable InDoubt inDoubt) {
        return new Settings(RawVendor.account("https://x/v1"), 50, Long.MAX_VALUE, inDoubt);
    }

    private Path requests(int count) throws IOException {
        var lines = IntStream.range(0, count).mapToObj("""
                {"custom_id":"r-%1$d","method":"POST","url":"/v1/chat/completions",\
                "body":{"model":"gpt-4o-mini","messages":[{"role":"user","content":"number %1$d"}]}}\
                """::formatted).collect(Collectors.joining("\n", "", "\n"));
        return Files.writeString(dir.resolve("requests.jsonl"), lines);
    }

    /** @return by custom_id, each of which has one */
    private Map<String, Result> results() throws IOException {
        var byId = new HashMap<String, Result>();
        for (var line : Files.readAllLines(results)) {
            var result = ResultCodec.decode(line.getBytes(UTF_8), null);
            assertThat(byId.put(result.customId(), result)).isNull();
        }
        return byId;
    }

    private static CallOutcome refused(Kind kind, int status, @Nullable Duration retryAfter) {
        return new Refused(new Refusal(kind, status, "code", "HTTP %d code".formatted(status), retryAfter), null);
    }
}
