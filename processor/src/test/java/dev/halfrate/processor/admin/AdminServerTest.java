package dev.halfrate.processor.admin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.halfrate.processor.codec.Audit;
import dev.halfrate.processor.config.AdminConfig;
import dev.halfrate.processor.config.AdminConfig.Role;
import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.config.Secret;
import dev.halfrate.processor.ops.AuditTrail;
import dev.halfrate.processor.ops.Commands;
import dev.halfrate.processor.ops.Holdings;
import dev.halfrate.processor.ops.StatusDesk;
import dev.halfrate.schemas.internal.LedgerState;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class AdminServerTest {
    private static final Instant NOW = Instant.parse("2026-11-22T18:00:00Z");
    private static final String READ = "r".repeat(32);
    private static final String OPERATE = "o".repeat(32);
    private static final AdminConfig OPEN = new AdminConfig("127.0.0.1", 0, List.of());
    private static final AdminConfig TOKENS = new AdminConfig(
            "127.0.0.1",
            0,
            List.of(
                    new AdminConfig.Token("reader", Role.READ, new Secret(READ)),
                    new AdminConfig.Token("operator", Role.OPERATE, new Secret(OPERATE))));
    private static final HalfrateConfig CONFIG = ConfigFile.parse("""
            kafka: {bootstrap.servers: "127.0.0.1:1"}
            accounts: [{name: main, key: {env: KEY}}, {name: other, key: {env: KEY}}]
            """, Map.of("KEY", "sk-CANARY"));

    private static final Holdings HOLDINGS = new Holdings();
    private static final AuditTrail AUDITS = new AuditTrail();
    private static final List<Route> ROUTES = routes();

    private final List<Call> done = new CopyOnWriteArrayList<>();
    private final HttpClient http = HttpClient.newHttpClient();
    private @Nullable AdminServer server;

    private static List<Route> routes() {
        var meters = new SimpleMeterRegistry();
        meters.gauge("halfrate.account.paused", List.of(Tag.of("account", "main"), Tag.of("reason", "credit")), 1);
        return Routes.of(new Views(
                CONFIG,
                () -> List.of("ledger: waits for its partitions"),
                () -> "halfrate_up 1\n",
                meters,
                HOLDINGS,
                AUDITS,
                new StatusDesk(CONFIG, HOLDINGS, InstantSource.system()),
                (customId, everywhere, authorization) -> new RequestSearch.Found(
                        List.of(new RequestSearch.Sighting(RequestSearch.Place.IN_BATCH, "main", "", "b-3", 7)),
                        everywhere ? Map.of("other", "nobody has it") : Map.of()),
                new Commands(
                        CONFIG,
                        () -> new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer()),
                        InstantSource.system())));
    }

    @BeforeEach
    void fill() {
        for (var i = 1; i <= 4; i++) {
            var state = i == 4 ? LedgerState.HOLD : i == 3 ? LedgerState.RUNNING : LedgerState.SETTLED;
            var account = i == 2 ? "other" : "main";
            Ledgers.put(HOLDINGS, Ledgers.batch("b-" + i, account, state, NOW.plusSeconds(i)), NOW);
        }
        HOLDINGS.complete(NOW);
    }

    @AfterEach
    void stop() {
        if (server != null) {
            server.close();
        }
        http.close();
    }

    private void start(AdminConfig config) {
        var routes = new ArrayList<>(ROUTES);
        routes.add(new Route(
                "POST",
                "/api/act/{what}",
                Role.OPERATE,
                "Acts.",
                List.of(new Route.Parameter("what", "what is done")),
                Object.class,
                Routes.Health.class,
                call -> {
                    done.add(call);
                    return Answer.Json.ok(new Routes.Health("done"));
                }));
        server = AdminServer.start(config, routes, new SimpleMeterRegistry());
    }

    private int port() {
        return server == null ? 0 : server.port();
    }

    private HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d%s".formatted(port(), path)));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return http.send(request.build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return send(to(path));
    }

    private JsonNode json(String path) throws IOException, InterruptedException {
        var answer = get(path);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return new ObjectMapper().readTree(answer.body());
    }

    // ---- who may ----

    static Stream<Arguments> matrix() {
        var routes = new ArrayList<>(ROUTES);
        routes.add(new Route("POST", "/api/act/{what}", Role.OPERATE, "", List.of(), null, Object.class, _ -> {
            throw new IllegalStateException();
        }));
        return routes.stream()
                .flatMap(route -> Stream.of("", "x".repeat(32), READ, OPERATE)
                        .map(token -> Arguments.of(
                                route.method(),
                                route.path().replaceAll("[{].*?[}]", "b-1"),
                                token,
                                expected(route, token))));
    }

    private static int expected(Route route, String token) {
        if (route.role() == null) {
            return 200;
        }
        if (token.equals(READ)) {
            return route.role() == Role.READ ? 200 : 403;
        }
        return token.equals(OPERATE) ? 200 : 401;
    }

    @ParameterizedTest
    @MethodSource("matrix")
    void everyRouteLetsInWhomItShould(String method, String path, String token, int expected) throws Exception {
        start(TOKENS);
        var request = to(path).method(method, BodyPublishers.noBody());
        if (!token.isEmpty()) {
            request.header("Authorization", "Bearer " + token);
        }

        var answer = send(request);

        if (expected == 200) {
            // What Kafka has to tell is not there: that is 503, and past the door.
            // What is to be done has to say what: that is 400, and past it, too.
            assertThat(answer.statusCode())
                    .as(answer.body())
                    .isIn(method.equals("GET") ? List.of(200, 503) : List.of(200, 202, 400));
        } else {
            assertThat(answer.statusCode()).isEqualTo(expected);
            assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
            assertThat(answer.headers().firstValue("WWW-Authenticate").isPresent())
                    .isEqualTo(expected == 401);
        }
        assertThat(done).hasSize(path.startsWith("/api/act/") && token.equals(OPERATE) ? 1 : 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Basic b29vbw==", "Bearer", "Bearer ", "ooooooooooooooooooooooooooooooooo"})
    void whatIsNoBearerTokenIsNobodys(String authorization) throws Exception {
        start(TOKENS);

        assertThat(send(to("/api/lanes").header("Authorization", authorization)).statusCode())
                .isEqualTo(401);
    }

    @Test
    void withoutTokensThisMachineMayActIfAScriptSaysSo() throws Exception {
        start(OPEN);

        assertThat(send(to("/api/act/x").POST(BodyPublishers.noBody())).statusCode())
                .isEqualTo(403);
        assertThat(send(to("/api/act/x").header(Access.CSRF, "1").POST(BodyPublishers.noBody()))
                        .statusCode())
                .isEqualTo(200);
        assertThat(done).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({
        "Sec-Fetch-Site, cross-site",
        "Sec-Fetch-Site, same-site",
        "Origin, http://evil.example",
        "Origin, null",
    })
    void noOtherPageActs(String header, String value) throws Exception {
        start(OPEN);

        var request = to("/api/act/x").header(Access.CSRF, "1").header(header, value);

        assertThat(send(request.POST(BodyPublishers.noBody())).statusCode()).isEqualTo(403);
        assertThat(done).isEmpty();
    }

    @Test
    void aNameThatSomebodyElseGaveThisMachineIsNotItsOwn() throws Exception {
        start(OPEN);

        assertThat(raw("GET /api/lanes HTTP/1.1\r\nHost: rebound.example\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 421");
        assertThat(raw("GET /api/lanes HTTP/1.1\r\nHost: localhost:1\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 200");
    }

    private String raw(String request) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port())) {
            socket.getOutputStream().write(request.getBytes(UTF_8));
            return new String(socket.getInputStream().readAllBytes(), UTF_8);
        }
    }

    // ---- what the door does ----

    @Test
    void actionsGetTheirBodyAndKey() throws Exception {
        start(TOKENS);

        var answer = send(to("/api/act/a%2Fb+c")
                .header("Authorization", "Bearer " + OPERATE)
                .header("Idempotency-Key", "k")
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString("{}")));

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(done).singleElement().satisfies(call -> {
            assertThat(call.caller()).isEqualTo(new Caller("operator", Role.OPERATE, true));
            assertThat(call.variable("what")).isEqualTo("a/b+c");
            assertThat(call.idempotencyKey()).isEqualTo("k");
            assertThat(call.body()).asString(UTF_8).isEqualTo("{}");
        });
    }

    @ParameterizedTest
    @CsvSource({"text/plain, 2, 415", "application/json, 65537, 413", "application/json, 65536, 200"})
    void bodiesAreShortJson(String type, int bytes, int status) throws Exception {
        start(TOKENS);

        var answer = send(to("/api/act/x")
                .header("Authorization", "Bearer " + OPERATE)
                .header("Content-Type", type)
                .POST(BodyPublishers.ofString("x".repeat(bytes))));

        assertThat(answer.statusCode()).isEqualTo(status);
    }

    @Test
    void unknownPathsAndMethodsAreProblems() throws Exception {
        start(OPEN);

        assertThat(get("/api/nothing").statusCode()).isEqualTo(404);
        assertThat(get("/api/batches/none").statusCode()).isEqualTo(404);
        var wrong = send(to("/api/lanes").header(Access.CSRF, "1").POST(BodyPublishers.noBody()));
        assertThat(wrong.statusCode()).isEqualTo(405);
        assertThat(wrong.headers().firstValue("Allow")).contains("GET");
        assertThat(get("/api/batches?limit=0").statusCode()).isEqualTo(400);
        assertThat(get("/api/batches?after=x").statusCode()).isEqualTo(400);
        assertThat(get("/api/money?by=prompt").statusCode()).isEqualTo(400);
        assertThat(get("/api/money?since=yesterday").statusCode()).isEqualTo(400);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/healthz", "/api/lanes", "/nothing"})
    void browsersAreToldToKeepNothingAndFrameNothing(String path) throws Exception {
        start(OPEN);

        var headers = get(path).headers();

        assertThat(headers.firstValue("Content-Security-Policy").orElse(""))
                .contains("default-src 'none'", "frame-ancestors 'none'")
                .doesNotContain("unsafe-inline");
        assertThat(headers.firstValue("X-Content-Type-Options")).contains("nosniff");
        assertThat(headers.firstValue("Cache-Control")).contains("no-store");
        assertThat(headers.firstValue("Referrer-Policy")).contains("no-referrer");
        assertThat(headers.firstValue("Server")).isEmpty();
        assertThat(headers.firstValue("Access-Control-Allow-Origin")).isEmpty();
    }

    @Test
    void longHeadersAreRefused() throws Exception {
        start(OPEN);

        assertThat(send(to("/healthz").header("X-Long", "x".repeat(9_000))).statusCode())
                .isEqualTo(431);
    }

    @Test
    void aPortInUseIsOneClearLine() {
        start(OPEN);

        assertThatThrownBy(() -> AdminServer.start(
                        new AdminConfig("127.0.0.1", port(), List.of()), List.of(), new SimpleMeterRegistry()))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessage("admin.port %d of 127.0.0.1 is in use: free it, choose another, or 0 for none", port());
    }

    // ---- the page ----

    @Test
    void thePageIsKeptByBrowsersAsLongAsItIsTheSame() throws Exception {
        start(TOKENS);

        var index = get("/");
        var tag = index.headers().firstValue("ETag").orElseThrow();
        var again = send(to("/").header("If-None-Match", tag));

        assertThat(index.statusCode()).isEqualTo(200);
        assertThat(index.headers().firstValue("Content-Type")).contains("text/html; charset=utf-8");
        assertThat(index.headers().firstValue("Cache-Control")).contains("no-cache");
        assertThat(again.statusCode()).isEqualTo(304);
        assertThat(again.body()).isEmpty();
        assertThat(send(to("/").header("If-None-Match", "\"other\"")).statusCode())
                .isEqualTo(200);
    }

    @Test
    void thePageHasAllFilesThatItNamesAndNothingInline() throws Exception {
        start(OPEN);

        var named = new TreeSet<String>();
        for (var file : ROUTES.stream().filter(AdminServerTest::isOfThePage).toList()) {
            var text = get(file.path()).body();
            assertThat(text)
                    .as(file.path())
                    .doesNotContainPattern("<style|style=\"|<script>|on(click|load)=\"|https?://(?!www.w3.org)");
            Pattern.compile("from \"[.]/([a-z.]+)\"|\"page/([a-z.]+)\"")
                    .matcher(text)
                    .results()
                    .forEach(name -> named.add(name.group(1) == null ? name.group(2) : name.group(1)));
        }

        assertThat(ROUTES.stream()
                        .filter(AdminServerTest::isOfThePage)
                        .map(route -> route.path().replace("/page/", ""))
                        .filter(name -> !name.equals("/")))
                .containsExactlyElementsOf(named);
    }

    @Test
    void lanesComeWithHowFarTheirWindowsFill() throws Exception {
        start(OPEN);

        var window = json("/api/lanes").at("/windows/main");

        assertThat(window.path("requests_max").asInt()).isEqualTo(50_000);
        assertThat(window.path("age_max_ms").asLong()).isEqualTo(900_000);
    }

    @Test
    void openBatchesAreThoseThatHaveNotSettled() throws Exception {
        start(OPEN);

        assertThat(json("/api/batches?state=open").path("batches").findValuesAsText("batch_id"))
                .containsExactly("b-4", "b-3");
    }

    // ---- what there is to see ----

    @Test
    void whoIsNotReadySaysWhy() throws Exception {
        start(OPEN);

        var answer = get("/readyz");

        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(new ObjectMapper().readTree(answer.body()).at("/reasons/0").asText())
                .isEqualTo("ledger: waits for its partitions");
        assertThat(json("/healthz").path("status").asText()).isEqualTo("alive");
        assertThat(get("/metrics").body()).isEqualTo("halfrate_up 1\n");
    }

    @Test
    void batchesComeInPagesTheLatestFirst() throws Exception {
        start(OPEN);

        var first = json("/api/batches?limit=3");
        var second = json("/api/batches?limit=3&after=" + first.path("next").asText());

        assertThat(first.path("batches").findValuesAsText("batch_id")).containsExactly("b-4", "b-3", "b-2");
        assertThat(second.path("batches").findValuesAsText("batch_id")).containsExactly("b-1");
        assertThat(second.path("next").asText()).isEmpty();
        assertThat(json("/api/batches?state=settled&account=main")
                        .path("batches")
                        .findValuesAsText("batch_id"))
                .containsExactly("b-1");
    }

    @Test
    void aDoubtComesWithWhatToDo() throws Exception {
        start(OPEN);

        var doubts = json("/api/doubts").path("doubts");

        assertThat(doubts).hasSize(1);
        assertThat(doubts.at("/0/batch/batch_id").asText()).isEqualTo("b-4");
        assertThat(doubts.at("/0/doing").asText()).contains("halfrate_batch");
        assertThat(doubts.at("/0/batch/attempts/0/outcome").asText()).isEqualTo("doubtful");
    }

    @Test
    void accountsSayWhatTheyDoAndNeverTheirKey() throws Exception {
        start(OPEN);

        var answer = json("/api/accounts");

        var main = answer.at("/accounts/0");
        assertThat(main.path("batches").toString()).isEqualTo("{\"hold\":1,\"running\":1}");
        assertThat(main.path("paused_here").toString()).isEqualTo("[\"credit\"]");
        assertThat(answer.toString()).doesNotContain("CANARY");
    }

    @Test
    void whoAsksIsToldWhatHeMay() throws Exception {
        start(TOKENS);
        var reader = send(to("/api/me").header("Authorization", "Bearer " + READ));
        assertThat(new ObjectMapper().readTree(reader.body()).toString())
                .isEqualTo("{\"name\":\"reader\",\"role\":\"read\",\"tokens\":true}");
        requireNonNull(server).close();

        start(OPEN);
        assertThat(json("/api/me").toString()).isEqualTo("{\"name\":\"local\",\"role\":\"operate\",\"tokens\":false}");
    }

    @Test
    void whatOperatorsDidIsThereWithoutIdsOfRequests() throws Exception {
        AUDITS.take(new Audit(NOW, "ada", "cancel", "", "", "", "order-17", "", 0, "", "w-1")
                .toRecord("")
                .value());
        start(OPEN);

        var audits = json("/api/audit");

        assertThat(audits.path("readable").asBoolean()).isTrue();
        assertThat(audits.at("/wishes/0/by").asText()).isEqualTo("ada");
        assertThat(audits.at("/wishes/0/request").asBoolean()).isTrue();
        assertThat(audits.toString()).doesNotContain("order-17");
    }

    @Test
    void aKeyOfAnotherCommandIsAConflict() throws Exception {
        start(TOKENS);

        assertThat(post("/api/batches/b-3/cancel").statusCode()).isEqualTo(202);
        assertThat(post("/api/batches/b-3/cancel").statusCode()).isEqualTo(202);
        assertThat(post("/api/batches/b-4/cancel").statusCode()).isEqualTo(409);
    }

    private HttpResponse<String> post(String path) throws IOException, InterruptedException {
        return send(to(path).header("Authorization", "Bearer " + OPERATE)
                .header("Idempotency-Key", "the-same")
                .POST(BodyPublishers.noBody()));
    }

    @Test
    void aRequestIsShownWithItsBatch() throws Exception {
        start(OPEN);

        var places = json("/api/requests/order%2F1");

        assertThat(places.path("custom_id").asText()).isEqualTo("order/1");
        assertThat(places.at("/places/0/sighting/place").asText()).isEqualTo("in_batch");
        assertThat(places.at("/places/0/batch/state").asText()).isEqualTo("running");
        assertThat(places.path("unanswered")).hasSize(1);
        assertThat(json("/api/requests/order-1?here=true").path("unanswered")).isEmpty();
    }

    @Test
    void theDescriptionHasEveryRouteAndOnlySchemasThatAreThere() throws Exception {
        start(OPEN);

        var api = json("/api/openapi.json");

        var described = new ArrayList<String>();
        api.path("paths")
                .properties()
                .forEach(path -> path.getValue()
                        .fieldNames()
                        .forEachRemaining(method -> described.add(method + " " + path.getKey())));
        assertThat(described)
                .containsExactlyInAnyOrderElementsOf(ROUTES.stream()
                        .filter(route -> !route.path().equals(OpenApi.PATH) && !isOfThePage(route))
                        .map(route -> route.method().toLowerCase(Locale.ROOT) + " " + route.path())
                        .toList());
        for (var reference : api.findValuesAsText("$ref")) {
            assertThat(api.at(reference.substring(1)).path("type").asText())
                    .as(reference)
                    .isEqualTo("object");
        }
        assertDescribed(api, "BatchView", json("/api/batches/b-1").path("batch"));
        assertDescribed(api, "Usage", json("/api/batches/b-1").at("/batch/spend/usage"));
        assertDescribed(api, "StateAnswers.Account", json("/api/accounts").at("/accounts/0"));
    }

    private static boolean isOfThePage(Route route) {
        return route.path().equals("/") || route.path().startsWith("/page/");
    }

    private static void assertDescribed(JsonNode api, String schema, JsonNode written) {
        assertThat(names(api.path("components").path("schemas").path(schema).path("properties")))
                .containsExactlyElementsOf(names(written));
    }

    private static List<String> names(JsonNode object) {
        return object.properties().stream().map(Map.Entry::getKey).toList();
    }
}
