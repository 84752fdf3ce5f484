package dev.halfrate.processor.admin;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** A Chromium without a window, driven by its DevTools protocol. */
final class Browser implements AutoCloseable {
    private static final Duration WITHIN = Duration.ofSeconds(30);
    private static final List<String> NAMES = List.of("chromium", "chromium-browser", "google-chrome");
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Process process;
    private final HttpClient http = HttpClient.newHttpClient();
    private final WebSocket socket;
    private final AtomicInteger commands = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();
    private final List<String> complaints = new CopyOnWriteArrayList<>();
    private final List<URI> requests = new CopyOnWriteArrayList<>();

    /** @return one that is installed */
    static Optional<Path> installed() {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(":", -1))
                .flatMap(directory -> NAMES.stream().map(name -> Path.of(directory, name)))
                .filter(Files::isExecutable)
                .findFirst();
    }

    static Browser start(Path program, Path directory) throws IOException, InterruptedException {
        var log = directory.resolve("log");
        var process = new ProcessBuilder(
                        program.toString(),
                        "--headless",
                        "--no-sandbox",
                        "--no-first-run",
                        "--no-proxy-server",
                        "--disable-background-networking",
                        "--disable-dev-shm-usage",
                        "--disable-gpu",
                        "--lang=en-US",
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + directory.resolve("profile"),
                        "about:blank")
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            return new Browser(process, directory.resolve("profile/DevToolsActivePort"));
        } catch (IOException | InterruptedException | RuntimeException e) {
            kill(process);
            throw e;
        }
    }

    private Browser(Process process, Path portFile) throws IOException, InterruptedException {
        this.process = process;
        Awaitility.await()
                .atMost(WITHIN)
                .until(() ->
                        Files.exists(portFile) && Files.readString(portFile).contains("\n"));
        var port = Files.readAllLines(portFile).getFirst();
        var page = http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:%s/json/new".formatted(port)))
                        .PUT(HttpRequest.BodyPublishers.noBody())
                        .build(),
                BodyHandlers.ofString());
        var address = JSON.readTree(page.body()).path("webSocketDebuggerUrl").asText();
        socket = http.newWebSocketBuilder()
                .buildAsync(URI.create(address), new Listener())
                .join();
        for (var domain : List.of("Page", "Runtime", "Log", "Network")) {
            send(domain + ".enable", Map.of());
        }
    }

    private final class Listener implements WebSocket.Listener {
        private final StringBuilder message = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
            message.append(part);
            if (last) {
                receive(message.toString());
                message.setLength(0);
            }
            from.request(1);
            return CompletableFuture.completedStage(null);
        }
    }

    private void receive(String text) {
        JsonNode message;
        try {
            message = JSON.readTree(text);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        if (message.has("id")) {
            requireNonNull(answers.remove(message.path("id").intValue())).complete(message);
            return;
        }
        var params = message.path("params");
        switch (message.path("method").asText()) {
            case "Runtime.consoleAPICalled" ->
                complaints.add(params.path("args").toString());
            case "Runtime.exceptionThrown" ->
                complaints.add(params.path("exceptionDetails").toString());
            case "Log.entryAdded" -> complaints.add(params.path("entry").toString());
            case "Network.requestWillBeSent" ->
                requests.add(URI.create(params.at("/request/url").asText()));
            default -> {}
        }
    }

    private JsonNode send(String method, Map<String, ?> params) throws InterruptedException {
        var id = commands.incrementAndGet();
        var answer = new CompletableFuture<JsonNode>();
        answers.put(id, answer);
        try {
            socket.sendText(JSON.writeValueAsString(Map.of("id", id, "method", method, "params", params)), true)
                    .join();
            var message = answer.get(WITHIN.toSeconds(), TimeUnit.SECONDS);
            if (message.has("error")) {
                throw new IllegalStateException(method + ": " + message.path("error"));
            }
            return message.path("result");
        } catch (IOException | ExecutionException | TimeoutException e) {
            throw new IllegalStateException(method, e);
        }
    }

    void open(String address) throws InterruptedException {
        send("Page.navigate", Map.of("url", address));
        Awaitility.await()
                .atMost(WITHIN)
                .until(() -> eval("document.readyState === 'complete' && location.href !== 'about:blank'")
                        .asBoolean());
    }

    /** @return what a script comes to; a promise's value when it is there */
    JsonNode eval(String script) throws InterruptedException {
        var result = send(
                "Runtime.evaluate",
                Map.of("expression", script, "awaitPromise", true, "returnByValue", true, "userGesture", true));
        if (result.has("exceptionDetails")) {
            throw new IllegalStateException(result.path("exceptionDetails").toString());
        }
        return result.at("/result/value");
    }

    /** Returns when a script's value is true. */
    void await(String script) {
        Awaitility.await(script)
                .atMost(WITHIN)
                .pollInterval(Duration.ofMillis(50))
                .until(() -> eval("Boolean(%s)".formatted(script)).asBoolean());
    }

    /** Runs a script before each page's own. */
    void prepare(String script) throws InterruptedException {
        send("Page.addScriptToEvaluateOnNewDocument", Map.of("source", script));
    }

    void type(String text) throws InterruptedException {
        send("Input.insertText", Map.of("text", text));
    }

    /** @param key such as Tab, Enter, Escape */
    void press(String key) throws InterruptedException {
        var code = Map.of("Tab", 9, "Enter", 13, "Escape", 27).get(key);
        var text = key.equals("Enter") ? "\r" : "";
        for (var kind : List.of("keyDown", "keyUp")) {
            send(
                    "Input.dispatchKeyEvent",
                    Map.of(
                            "type", kind,
                            "key", key,
                            "code", key,
                            "windowsVirtualKeyCode", requireNonNull(code),
                            "text", kind.equals("keyDown") ? text : ""));
        }
    }

    void size(int width, int height, boolean phone) throws InterruptedException {
        send(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", phone ? 2 : 1, "mobile", phone));
    }

    /** @param scheme light or dark */
    void prefer(String scheme, boolean stillness) throws InterruptedException {
        send(
                "Emulation.setEmulatedMedia",
                Map.of(
                        "features",
                        List.of(
                                Map.of("name", "prefers-color-scheme", "value", scheme),
                                Map.of(
                                        "name",
                                        "prefers-reduced-motion",
                                        "value",
                                        stillness ? "reduce" : "no-preference"))));
    }

    /** @param whole of the page in its whole length; otherwise of what is seen */
    void screenshot(Path file, boolean whole) throws IOException, InterruptedException {
        var shot = send("Page.captureScreenshot", Map.of("format", "png", "captureBeyondViewport", whole));
        Files.createDirectories(requireNonNull(file.getParent()));
        Files.write(file, Base64.getDecoder().decode(shot.path("data").asText()));
    }

    /** What the console has: errors, warnings, exceptions, violations of the policy. */
    List<String> complaints() {
        return new ArrayList<>(complaints);
    }

    /** Everything that was asked for over the network. */
    List<URI> requests() {
        return new ArrayList<>(requests);
    }

    @Override
    public void close() {
        socket.abort();
        http.shutdownNow();
        kill(process);
    }

    private static void kill(Process process) {
        var all = Stream.concat(process.descendants(), Stream.of(process.toHandle()))
                .toList();
        all.forEach(ProcessHandle::destroyForcibly);
        for (var handle : all) {
            handle.onExit().orTimeout(10, TimeUnit.SECONDS).join();
        }
    }
}
