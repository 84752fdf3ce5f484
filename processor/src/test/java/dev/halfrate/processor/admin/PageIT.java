package dev.halfrate.processor.admin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.halfrate.processor.balance.LaneTotals;
import dev.halfrate.processor.config.AdminConfig;
import dev.halfrate.processor.config.AdminConfig.Role;
import dev.halfrate.processor.config.Secret;
import dev.halfrate.schemas.internal.LedgerState;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The page in a real browser; skipped where none is installed. */
@Tag("long")
class PageIT {
    private static final AdminConfig OPEN = new AdminConfig("127.0.0.1", 0, "", List.of());
    private static final String TOKEN = "t".repeat(32);
    private static final Path SHOTS = Path.of("target", "page");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    @SuppressWarnings("NullAway.Init")
    private Browser browser;

    @SuppressWarnings("NullAway.Init")
    private PageScene scene;

    @BeforeEach
    void start() throws Exception {
        var program = Browser.installed();
        assumeTrue(program.isPresent(), "no chromium on the PATH: the page is not tested in a browser");
        scene = new PageScene(OPEN);
        browser = Browser.start(program.get(), directory);
        browser.size(1280, 900, false);
        browser.prefer("light", true);
    }

    @AfterEach
    void stop() throws Exception {
        if (browser != null) {
            browser.close();
        }
        if (scene != null) {
            scene.close();
        }
    }

    private void open() throws InterruptedException {
        browser.open(scene.address());
        browser.await("document.querySelector('#flow')  || document.querySelector('.stations')");
    }

    private String text(String selector) throws InterruptedException {
        return browser.eval("document.querySelector('%s')?.innerText ?? ''".formatted(selector))
                .asText();
    }

    private void assertNothingToComplain() {
        assertThat(browser.complaints()).isEmpty();
        assertThat(browser.requests())
                .filteredOn(request -> !request.getScheme().equals("data"))
                .isNotEmpty()
                .allMatch(request -> request.toString().startsWith(scene.address()));
    }

    @Test
    void everythingIsThere() throws Exception {
        scene.busy();
        scene.doubts();

        open();
        browser.await("document.querySelector('.alarms .alarm')");

        assertThat(text("#lanes"))
                .contains(
                        "gpt-4o-mini",
                        "13,480 of 20,000 requests",
                        "closes within",
                        "full: waits for its turn",
                        "unknown yet");
        assertThat(text("#batches"))
                .contains(
                        "running",
                        "collecting",
                        "13,625 of 20,000",
                        "21 without success",
                        "by 6 earlier ones",
                        "late",
                        "9 of 10 before took 44 min at most");
        assertThat(text("#settled")).contains("settled", "the vendor took 35 min");
        assertThat(text("#doubts"))
                .contains("quiescing", "hold", "Search the vendor's console", "3 attempts got no answer");
        assertThat(text(".saved")).contains("$133.", "50 % less");
        assertThat(text("#money")).contains("everything", "$212.40 of $500.00", "claude-haiku-4-5");
        assertThat(text("#errors")).contains("failed", "2,100", "dead letter", "12");
        assertThat(text(".alarms")).contains("1 batches are on hold", "budget research");
        assertNothingToComplain();
    }

    @Test
    void itMovesByItselfAndLeavesFocusAndScrollingAlone() throws Exception {
        scene.busy();
        open();
        browser.await("document.querySelector('.alarms .alarm')");
        var top = "document.querySelector('#lanes tbody tr').getBoundingClientRect().top";
        browser.eval("document.querySelector('#lanes tbody tr').scrollIntoView(), scrollBy(0, -80), "
                + "document.querySelector('#batches a').focus({preventScroll: true}), "
                + "window.before = [document.activeElement, %s]".formatted(top));

        scene.batch(12, PageScene.MINI, LedgerState.SEALED, Duration.ZERO, 77, 0, 0);
        scene.lane(PageScene.MINI, 0, Duration.ZERO, new LaneTotals(3_000_000, 3_000_000, 0, 0, 2_900_000, 0, 0, 0));
        scene.tick();

        browser.await("document.querySelector('#batches').innerText.includes('none of 77 yet')");
        assertThat(text("#lanes")).contains("empty");
        assertThat(browser.eval("document.activeElement === before[0] && Math.abs(%s - before[1]) < 2".formatted(top))
                        .asBoolean())
                .isTrue();
        browser.await("document.querySelector('.station.end').innerText.match(/[1-9].* per second/)");
        assertNothingToComplain();
    }

    @Test
    void whatIsOldSaysSo() throws Exception {
        scene.busy();
        open();
        browser.await("document.querySelector('#pulse').innerText === 'live'");

        scene.close();

        browser.await("document.querySelector('#pulse').innerText.match(/last seen .* ago, next try in/)");
        browser.await("document.querySelector('.alarms').innerText.includes('What is shown is old')");
        assertThat(text("#lanes")).contains("13,480");
    }

    @Test
    void aHiddenPageAsksForNothing() throws Exception {
        scene.busy();
        open();
        browser.eval("Object.defineProperty(document, 'hidden', {configurable: true, value: true})");
        browser.eval("window.asked = 0, window.fetch = () => { window.asked++; return new Promise(() => {}); }, "
                + "new Promise(done => setTimeout(done, 3000))");
        var whileHidden = browser.eval("asked").asInt();

        browser.eval("delete document.hidden, document.dispatchEvent(new Event('visibilitychange'))");

        assertThat(whileHidden).isZero();
        browser.await("asked > 0");
    }

    @Test
    void theKeyboardFindsARequestAndItsBatch() throws Exception {
        scene.busy();
        open();

        for (var i = 0; i < 3; i++) {
            browser.press("Tab");
        }
        assertThat(browser.eval("document.activeElement.id").asText()).isEqualTo("custom-id");
        browser.type("order/17 ä");
        browser.press("Enter");

        browser.await("document.querySelector('h1')?.innerText === 'Request order/17 ä'");
        assertThat(text("main")).contains("in batch", "item 1205 of it", "running", "none of 20,000 yet");
        assertThat(browser.eval("document.activeElement.tagName").asText()).isEqualTo("H1");

        browser.press("Tab");
        browser.press("Enter");
        browser.await("document.querySelector('h1')?.innerText.startsWith('Batch openai-0-')");
        assertThat(text("main")).contains("created", "the vendor has it", "batch_68f0c2a97", "by 6 earlier ones");

        browser.press("Tab");
        assertThat(browser.eval("document.activeElement.innerText").asText()).isEqualTo("running");
        assertThat(text(".word:focus + .tip")).contains("The vendor executes it");
        browser.press("Escape");
        assertThat(browser.eval("getComputedStyle(document.querySelector('.word:focus + .tip')).display")
                        .asText())
                .isEqualTo("none");
        assertNothingToComplain();
    }

    @Test
    void whatNobodyKnowsIsSaid() throws Exception {
        browser.open(scene.address() + "#/requests/nothing");
        browser.await("document.querySelector('main').innerText.includes('No lane or batch knows it')");

        browser.eval("location.hash = '#/batches/none'");
        browser.await("document.querySelector('h1')?.innerText === 'No such batch'");
        assertThat(text("main")).contains("llm.batches");
    }

    @Test
    void whereTokensAreWantedItAsksForOneAndKeepsItOutOfAddresses() throws Exception {
        scene.close();
        scene = new PageScene(new AdminConfig(
                "127.0.0.1", 0, "", List.of(new AdminConfig.Token("reader", Role.READ, new Secret(TOKEN)))));
        scene.busy();
        browser.open(scene.address());
        browser.await("document.querySelector('#door').open");

        browser.type("wrong");
        browser.press("Enter");
        browser.await("document.querySelector('#door-problem').innerText.includes('none of those')");
        browser.type(TOKEN);
        browser.press("Enter");

        browser.await("document.querySelector('.stations')");
        assertThat(browser.eval("sessionStorage.length + '-' + JSON.stringify(localStorage) + location.href")
                        .asText())
                .startsWith("1-")
                .doesNotContain(TOKEN);
        assertThat(browser.requests()).noneMatch(request -> request.toString().contains(TOKEN));
    }

    @ParameterizedTest
    @CsvSource({
        "busy, 1280, light",
        "busy, 1280, dark",
        "busy, 360, light",
        "busy, 360, dark",
        "busy, 700, light",
        "doubts, 1280, light",
        "doubts, 1280, dark",
        "doubts, 360, light",
        "empty, 1280, light",
        "empty, 360, dark",
        "batch, 1280, light",
        "batch, 360, dark",
        "request, 1280, dark",
        "request, 360, light",
    })
    void everybodyCanReadIt(String what, int width, String scheme) throws Exception {
        browser.size(width, width < 700 ? 780 : 900, width < 700);
        browser.prefer(scheme, true);
        if (!what.equals("empty")) {
            scene.busy();
        }
        if (what.equals("doubts") || what.equals("batch")) {
            scene.doubts();
        }
        browser.open(scene.address()
                + switch (what) {
                    case "batch" -> "#/batches/" + PageScene.id(11);
                    case "request" -> "#/requests/order%2F17%20%C3%A4";
                    default -> "";
                });
        browser.await("document.querySelector('main h1')");
        if (what.equals("doubts")) {
            browser.await("document.querySelector('.alarms .alarm')");
        }
        if (what.equals("empty")) {
            assertThat(text("main"))
                    .contains("Nothing has been sent yet", "kcat", "No batch is under way", "None. Each create");
        }

        browser.screenshot(SHOTS.resolve("%s-%d-%s.png".formatted(what, width, scheme)));

        assertThat(browser.eval("document.documentElement.scrollWidth").asInt()).isEqualTo(width);
        assertThat(violations()).isEqualTo("");
        assertNothingToComplain();
    }

    private String violations() throws IOException, InterruptedException {
        try (var axe = requireNonNull(getClass().getResourceAsStream("/axe.min.js"))) {
            browser.eval(new String(axe.readAllBytes(), UTF_8) + ";true");
        }
        return browser.eval("""
                axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}).then(found =>
                    found.violations.map(one => one.id + ': ' + one.nodes.map(node => node.target + ' ' + node.failureSummary).join(', ')).join('\\n'))
                """).asText();
    }

    @ParameterizedTest
    @ValueSource(strings = {"light", "dark"})
    void coloursAreTheSystemsUntilSomebodyChooses(String scheme) throws Exception {
        browser.prefer(scheme, true);
        open();
        var paper = "getComputedStyle(document.documentElement).backgroundColor";
        var systems = browser.eval(paper).asText();

        browser.eval("document.querySelector('#theme').click()");
        var light = browser.eval(paper).asText();
        browser.eval("document.querySelector('#theme').click()");
        var dark = browser.eval(paper).asText();

        assertThat(light).isNotEqualTo(dark);
        assertThat(systems).isEqualTo(scheme.equals("light") ? light : dark);
        open();
        assertThat(browser.eval(paper).asText()).isEqualTo(dark);
    }
}
