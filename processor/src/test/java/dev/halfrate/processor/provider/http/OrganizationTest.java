package dev.halfrate.processor.provider.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.halfrate.processor.config.AccountConfig;
import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.processor.provider.AccessOutcome;
import dev.halfrate.processor.provider.CreateOutcome;
import dev.halfrate.processor.provider.DeleteOutcome;
import dev.halfrate.processor.provider.FilePosition;
import dev.halfrate.processor.provider.FindOutcome;
import dev.halfrate.processor.provider.MarkerOutcome;
import dev.halfrate.processor.provider.PollOutcome;
import dev.halfrate.processor.provider.Provider;
import dev.halfrate.processor.provider.Refusal;
import dev.halfrate.processor.provider.ResultsOutcome;
import dev.halfrate.processor.provider.UploadOutcome;
import dev.halfrate.processor.provider.anthropic.AnthropicProvider;
import dev.halfrate.processor.provider.openai.OpenAiProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A key of another organization: nothing is bought with it, and what it does not see is not taken for gone. */
class OrganizationTest {
    private static final Timeouts TIMEOUTS = RawVendor.timeouts(Duration.ofSeconds(20));
    private static final String PROBE = "GET /v1/batches?limit=1";
    private static final String NOT_FOUND =
            "{\"error\":{\"message\":\"No such thing\",\"type\":\"invalid_request_error\",\"code\":null}}";

    @TempDir
    Path dir;

    @AutoClose
    private final RawVendor vendor = new RawVendor();

    /** What the vendor answers, by key. */
    private final Map<String, String> organizations = new ConcurrentHashMap<>();

    private final Map<String, Integer> statuses = new HashMap<>();
    private final List<String> remembered = new CopyOnWriteArrayList<>();
    private volatile String project = "p";
    private int writes;

    @BeforeEach
    void behave() throws IOException {
        organizations.putAll(Map.of("sk-a1", "org-a", "sk-a2", "org-a", "sk-b", "org-b"));
        key("sk-a1");
        vendor.does((request, connection) -> {
            connection.body(request);
            var line = request.line();
            var caller = request.header("Authorization").replace("Bearer ", "") + request.header("x-api-key");
            var organization = organizations.getOrDefault(caller, "");
            var ours = organization.equals("org-a") || organization.isEmpty();
            var listing = line.contains("?limit=");
            var status = statuses.getOrDefault(line, ours || listing ? 200 : 404);
            var body = listing ? "{\"data\":[],\"has_more\":false}" : "{\"id\":\"batch_1\",\"deleted\":true}";
            connection.answer(
                    status,
                    status == 200 ? body : NOT_FOUND,
                    (organization.isEmpty() ? "X-No" : "OpenAI-Organization") + ": " + organization,
                    (organization.isEmpty() ? "X-Neither" : "anthropic-organization-id") + ": " + organization,
                    "OpenAI-Project: " + project);
        });
    }

    /** Faster than a file system's clock may tick. */
    private void key(String key) throws IOException {
        var file = Files.writeString(dir.resolve("key"), key);
        Files.setLastModifiedTime(file, FileTime.from(Instant.now().plusSeconds(++writes)));
    }

    private AccountConfig account(String provider) {
        return ConfigFile.parse("""
                        kafka: {bootstrap.servers: none}
                        accounts:
                          - name: main
                            provider: %s
                            base-url: %s
                            key: {file: %s}
                        """.formatted(provider, vendor.account().baseUrl(), dir.resolve("key")), Map.of())
                .accounts()
                .getFirst();
    }

    private Provider openAi(String known) {
        return OpenAiProvider.of(account("openai"), organization(known), TIMEOUTS);
    }

    private Organization organization(String known) {
        return new Organization(known, seen -> {
            remembered.add(seen);
            return seen;
        });
    }

    private List<String> calls() {
        return vendor.requests().stream().map(RawVendor.Request::line).toList();
    }

    private static Provider.Create create() {
        return new Provider.Create(
                "tag", "batch", "/v1/chat/completions", "gpt-4o", "", List.of(), "24h", "file-1", null, () -> false);
    }

    private static Provider.Search search() {
        return new Provider.Search("tag", "file-1", "", Instant.EPOCH);
    }

    private static void assertOther(Refusal refusal) {
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.KEY);
        assertThat(refusal.code()).isEqualTo("other_organization");
    }

    @Test
    void theFirstOneThatAnswersIsRememberedAndAnotherKeyOfItIsAskedOnceWhoseItIs() throws IOException {
        try (var provider = openAi("")) {
            provider.poll("batch_1");
            key("sk-a2");
            provider.poll("batch_1");
            provider.poll("batch_1");
        }

        assertThat(calls())
                .containsExactly(
                        "GET /v1/batches/batch_1", PROBE, "GET /v1/batches/batch_1", "GET /v1/batches/batch_1");
        await().untilAsserted(
                        () -> assertThat(remembered).containsExactly("openai-organization=org-a openai-project=p"));
    }

    @Test
    void aKeyOfAnotherOneBuysNothingAndConcludesNothing() throws Exception {
        var lines = Files.writeString(dir.resolve("spool"), "{}\n");
        try (var provider = openAi("")) {
            provider.poll("batch_1");
            key("sk-b");

            assertOther(((CreateOutcome.Refused) provider.create(create())).refusal());
            assertOther(((PollOutcome.Refused) provider.poll("batch_1")).refusal());
            assertOther(((DeleteOutcome.Refused) provider.deleteFile("file-1")).refusal());
            assertOther(((UploadOutcome.Refused) provider.upload(new Provider.Upload(lines, "a.jsonl"))).refusal());
            assertOther(
                    ((ResultsOutcome.Refused) provider.results("file-1", FilePosition.START, (_, _) -> {})).refusal());
            assertThat(provider.find(search())).isInstanceOf(FindOutcome.CannotTell.class);
        }

        assertThat(calls().subList(1, calls().size())).as("not one prompt left").containsOnly(PROBE);
    }

    @Test
    void whoOnlyAsksIsToldWhoseTheKeyIsAndWhetherItIsAnothers() throws IOException {
        try (var provider = openAi("")) {
            assertThat(provider.access())
                    .isEqualTo(new AccessOutcome.Granted("openai-organization=org-a openai-project=p", null));
        }
        try (var provider = openAi("openai-organization=org-a")) {
            key("sk-b");
            assertOther(((AccessOutcome.Refused) provider.access()).refusal());
            statuses.put(PROBE, 302);
            key("sk-a1");
            assertThat(provider.access()).isEqualTo(new AccessOutcome.Odd(302, null));
        }

        assertThat(calls()).containsOnly(PROBE);
    }

    @Test
    void anthropicsKeysBelongToOneToo() throws IOException {
        try (var provider =
                AnthropicProvider.of(account("anthropic"), organization("anthropic-organization-id=org-a"), TIMEOUTS)) {
            assertThat(provider.marker()).isInstanceOf(MarkerOutcome.Marker.class);
            key("sk-b");

            assertOther(((MarkerOutcome.Refused) provider.marker()).refusal());
            assertOther(((PollOutcome.Refused) provider.poll("batch_1")).refusal());
        }

        assertThat(calls()).containsOnly("GET /v1/messages/batches?limit=1");
    }

    @Test
    void aKeyOfAnotherProjectSeesNothingEither() throws IOException {
        try (var provider = openAi("")) {
            provider.poll("batch_1");
            key("sk-a2");
            project = "q";

            assertOther(((PollOutcome.Refused) provider.poll("batch_1")).refusal());
            project = "p";
            assertThat(provider.poll("batch_1")).isInstanceOf(PollOutcome.Seen.class);
        }
    }

    @Test
    void whatWasSeenBeforeTheStartHoldsForTheFirstCall() throws IOException {
        key("sk-b");
        try (var provider = openAi("openai-organization=org-a")) {
            assertOther(((CreateOutcome.Refused) provider.create(create())).refusal());
            key("sk-a1");
            assertThat(provider.create(create())).isInstanceOf(CreateOutcome.Created.class);
        }

        assertThat(calls()).containsExactly(PROBE, PROBE, "POST /v1/batches");
    }

    @Test
    void whatTheFirstAnswersLeaveOutIsLearnedLater() throws IOException {
        project = "";
        try (var provider = openAi("openai-organization=org-a")) {
            provider.poll("batch_1");
            project = "p";
            provider.poll("batch_1");
            key("sk-a2");
            project = "q";

            assertOther(((PollOutcome.Refused) provider.poll("batch_1")).refusal());
        }

        await().untilAsserted(
                        () -> assertThat(remembered).containsExactly("openai-organization=org-a openai-project=p"));
    }

    @Test
    void whatCouldNotBeKeptIsKeptLater() {
        var organization = new Organization(
                "",
                seen -> {
                    remembered.add(seen);
                    return remembered.size() < 3 ? "" : seen;
                },
                true,
                Duration.ZERO);
        try (var provider = OpenAiProvider.of(account("openai"), organization, TIMEOUTS)) {
            await().until(() -> provider.poll("batch_1") instanceof PollOutcome.Seen && remembered.size() == 3);
            provider.poll("batch_1");
        }

        assertThat(remembered).hasSize(3);
    }

    @Test
    void whereItIsNotCheckedEveryAnswerIsBelieved() throws IOException {
        try (var provider = OpenAiProvider.of(account("openai"), Organization.any(), TIMEOUTS)) {
            provider.poll("batch_1");
            organizations.put("sk-a2", "org-b");
            key("sk-a2");

            assertThat(provider.poll("batch_1"))
                    .isInstanceOfSatisfying(
                            PollOutcome.Refused.class,
                            refused -> assertThat(refused.refusal().kind()).isEqualTo(Refusal.Kind.NOT_FOUND));
        }
    }

    @Test
    void whatAnotherOneBoughtNeverthelessIsTheBatchsAndNothingFollows() {
        statuses.put("POST /v1/batches", 200);
        try (var provider = openAi("")) {
            provider.poll("batch_1");
            // The key is moved at the vendor, where nobody sees it coming
            organizations.put("sk-a1", "org-b");

            assertThat(provider.create(create())).isInstanceOf(CreateOutcome.Created.class);
            assertOther(((CreateOutcome.Refused) provider.create(create())).refusal());
        }

        assertThat(calls()).containsExactly("GET /v1/batches/batch_1", "POST /v1/batches", PROBE);
    }

    @Test
    void whatAnotherOneRefusesIsNoFaultOfTheRequests() {
        statuses.put("POST /v1/batches", 400);
        statuses.put("GET /v1/files/file-1/content", 404);
        try (var provider = openAi("")) {
            provider.poll("batch_1");
            organizations.put("sk-a1", "org-b");

            assertOther(((CreateOutcome.Refused) provider.create(create())).refusal());
        }
    }

    @Test
    void aResultFileThatAnotherOneDoesNotHaveIsNotGone() throws InterruptedException {
        try (var provider = openAi("")) {
            provider.poll("batch_1");
            organizations.put("sk-a1", "org-b");

            assertOther(
                    ((ResultsOutcome.Refused) provider.results("file-1", FilePosition.START, (_, _) -> {})).refusal());
        }
    }

    @Test
    void withoutAnAnswerWhoseTheKeyIsNothingIsSent() {
        organizations.clear();
        try (var provider = openAi("openai-organization=org-a")) {
            statuses.put(PROBE, 500);
            assertThat(((CreateOutcome.Refused) provider.create(create()))
                            .refusal()
                            .kind())
                    .isEqualTo(Refusal.Kind.UNAVAILABLE);
            statuses.put(PROBE, 400);
            assertThat(((CreateOutcome.Refused) provider.create(create()))
                            .refusal()
                            .kind())
                    .as("no request is at fault")
                    .isEqualTo(Refusal.Kind.UNAVAILABLE);
            assertThat(provider.poll("batch_1")).isInstanceOf(PollOutcome.NoAnswer.class);
            statuses.put(PROBE, 401);
            assertThat(((CreateOutcome.Refused) provider.create(create()))
                            .refusal()
                            .kind())
                    .isEqualTo(Refusal.Kind.KEY);
        }

        assertThat(calls()).containsOnly(PROBE);
    }

    @Test
    void anErrorOfTheSameOneShowsWhoseTheKeyIs() {
        statuses.put(PROBE, 500);
        try (var provider = openAi("openai-organization=org-a")) {
            assertThat(provider.create(create())).isInstanceOf(CreateOutcome.Created.class);
        }
    }

    @Test
    void aServerThatCannotListIsTakenAtItsWord() {
        organizations.clear();
        statuses.put(PROBE, 404);
        try (var provider = openAi("openai-organization=org-a")) {
            assertThat(provider.create(create())).isInstanceOf(CreateOutcome.Created.class);
        }
    }

    @Test
    void aServerThatNamesNoneIsNotAsked() throws IOException {
        organizations.clear();
        project = "";
        try (var provider = openAi("")) {
            provider.poll("batch_1");
            key("sk-a2");
            assertThat(provider.create(create())).isInstanceOf(CreateOutcome.Created.class);
        }

        assertThat(calls()).containsExactly("GET /v1/batches/batch_1", "POST /v1/batches");
        assertThat(remembered).isEmpty();
    }

    @Test
    void whatAnotherProcessSawFirstHolds() {
        var organization = new Organization("", _ -> "openai-organization=org-b");
        try (var provider = OpenAiProvider.of(account("openai"), organization, TIMEOUTS)) {
            await().untilAsserted(() -> assertThat(provider.poll("batch_1"))
                    .isInstanceOfSatisfying(PollOutcome.Refused.class, refused -> assertOther(refused.refusal())));
        }
    }
}
