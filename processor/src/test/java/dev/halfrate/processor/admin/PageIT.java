package dev.halfrate.processor.admin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.halfrate.processor.balance.LaneTotals;
import dev.halfrate.processor.config.AdminConfig;
import dev.halfrate.processor.config.AdminConfig.Role;
import dev.halfrate.processor.config.Secret;
import dev.halfrate.schemas.internal.Command;
import dev.halfrate.schemas.internal.CommandKind;
import dev.halfrate.schemas.internal.LedgerState;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
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
    private static final AdminConfig OPEN = new AdminConfig("127.0.0.1", 0, List.of());
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
        browser.await("document.querySelector('#accounts')");
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
                "127.0.0.1", 0, List.of(new AdminConfig.Token("reader", Role.READ, new Secret(TOKEN)))));
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
        "kept, 1280, light",
        "kept, 360, dark",
        "pause, 1280, light",
        "pause, 360, dark",
        "again, 1280, dark",
        "again, 360, light",
        "told, 1280, light",
        "told, 360, dark",
    })
    void everybodyCanReadIt(String what, int width, String scheme) throws Exception {
        browser.size(width, width < 700 ? 780 : 900, width < 700);
        browser.prefer(scheme, true);
        if (!what.equals("empty")) {
            scene.busy();
        }
        if (Set.of("doubts", "batch", "again").contains(what)) {
            scene.doubts();
        }
        if (!what.equals("empty")) {
            scene.steered();
        }
        if (what.equals("kept")) {
            scene.kept();
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
        if (!what.equals("empty")) {
            browser.await("document.querySelector('#me').innerText");
        }
        switch (what) {
            case "pause" -> click("Pause: openai/gpt-4o-mini");
            case "again" -> {
                click("Buy again");
                browser.press("Enter");
            }
            case "told" -> {
                click("Flush: openai/gpt-4o-mini");
                browser.eval("document.querySelector('#act .yes').click()");
                browser.await("document.querySelector('#told').innerText.includes('Told to its owner')");
            }
            default -> {}
        }
        if (what.equals("empty")) {
            assertThat(text("main"))
                    .contains("Nothing has been sent yet", "kcat", "No batch is under way", "None. Each create");
        }

        browser.screenshot(
                SHOTS.resolve("%s-%d-%s.png".formatted(what, width, scheme)),
                !Set.of("pause", "again", "told").contains(what));

        assertThat(browser.eval("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                        .asInt())
                .isZero();
        assertThat(violations()).isEqualTo("");
        assertNothingToComplain();
    }

    // ---- what one can do ----

    private void click(String label) throws InterruptedException {
        var button = "document.querySelector('[aria-label^=\"%s\"]')".formatted(label);
        browser.await(button);
        browser.eval("%1$s.focus(), %1$s.click(), true".formatted(button));
        browser.await("document.querySelector('#act').open");
    }

    private String focused() throws InterruptedException {
        return browser.eval("document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText")
                .asText();
    }

    @Test
    void theKeyboardPausesALaneAndResumesIt() throws Exception {
        scene.busy();
        open();
        var pause = "Pause: openai/gpt-4o-mini/v1/chat/completions";
        browser.await("document.querySelector('[aria-label=\"%s\"]')".formatted(pause));
        browser.eval("document.querySelector('[aria-label=\"%s\"]').focus()".formatted(pause));

        // It asks first, and Escape leaves everything as it is
        browser.press("Enter");
        browser.await("document.querySelector('#act').open");
        assertThat(text("#act"))
                .contains("Pause lane openai/gpt-4o-mini", "their lives go on", "until somebody resumes it");
        assertThat(focused()).isEqualTo("Leave it");
        browser.press("Escape");
        browser.await("!document.querySelector('#act').open");
        assertThat(focused()).isEqualTo(pause);
        assertThat(scene.told()).isEmpty();

        // Then it is told, and what came of it is said when it shows
        browser.press("Enter");
        browser.press("Tab");
        assertThat(focused()).isEqualTo("Pause it");
        browser.press("Enter");
        browser.await("document.querySelector('#told').innerText.includes('Told to its owner')");
        assertThat(browser.eval("document.querySelector('#act').open").asBoolean())
                .isFalse();
        assertThat(scene.told()).singleElement().satisfies(command -> {
            assertThat(command.getKind()).isEqualTo(CommandKind.PAUSE);
            assertThat(command.getArguments()).containsEntry("lane", "openai/gpt-4o-mini/v1/chat/completions");
            assertThat(command.getBy()).isEqualTo("local");
        });
        scene.obey();
        browser.await("document.querySelector('#told').innerText.includes('It is paused')");
        browser.await("document.querySelector('#lanes').innerText.includes('paused by local')");
        browser.await("document.querySelector('#audit').innerText.includes('local paused lane openai/gpt-4o-mini')");
        assertThat(focused()).isEqualTo(pause.replace("Pause", "Resume"));

        browser.press("Enter");
        browser.press("Tab");
        browser.press("Enter");
        browser.await("document.querySelector('#told').innerText.includes('Resume lane')");
        scene.obey();
        browser.await("document.querySelector('#told').innerText.includes('It goes on')");
        assertNothingToComplain();
    }

    @Test
    void aDoubleClickAndALostAnswerAreOneCommand() throws Exception {
        scene.busy();
        open();
        click("Flush: openai/gpt-4o-mini");
        browser.eval(
                "window.real = window.fetch, window.fetch = async (...all) => { const answer = await real(...all); "
                        + "if (all[1]?.method === 'POST') { window.fetch = real; throw new TypeError('lost'); } return answer; }");

        browser.eval("document.querySelector('#act .yes').click(), document.querySelector('#act .yes').click()");
        browser.await("document.querySelector('#act-problem').innerText.includes('nobody knows whether it was told')");
        browser.eval("document.querySelector('#act .yes').click(), document.querySelector('#act .yes').click()");
        browser.await("document.querySelector('#told').innerText.includes('Told to its owner')");

        assertThat(scene.told()).hasSize(1);
    }

    @Test
    void toBuyAgainOneHasToSayWhichBatch() throws Exception {
        scene.busy();
        scene.doubts();
        open();
        var id = PageScene.id(11);
        click("Buy again: batch");
        assertThat(text("#act")).contains("If you are wrong it is paid for twice", "20,000 open requests");
        assertThat(browser.eval("document.activeElement.id").asText()).isEqualTo("act-typed");

        browser.type("370-11");
        browser.press("Enter");
        browser.await("document.querySelector('#act-problem').innerText.includes('look whether this is the batch')");
        assertThat(scene.told()).isEmpty();
        browser.eval("document.querySelector('#act-typed').value = ''");
        browser.type(id.substring(id.length() - 6));
        browser.press("Enter");

        browser.await("document.querySelector('#told').innerText.includes('Told to its owner')");
        assertThat(scene.told()).singleElement().satisfies(command -> {
            assertThat(command.getKind()).isEqualTo(CommandKind.RESOLVE);
            assertThat(command.getTarget()).isEqualTo(id);
            assertThat(command.getArguments())
                    .containsEntry("resolution", "AGAIN")
                    .containsEntry("attempt", "1");
        });
        scene.batch(11, PageScene.CLAUDE, LedgerState.CREATING, Duration.ofMinutes(191), 20_000, 0, 0);
        scene.tick();
        browser.await("document.querySelector('#told').innerText.includes('It is creating now')");
        assertNothingToComplain();
    }

    @Test
    void whatWasFoundIsNamed() throws Exception {
        scene.busy();
        scene.doubts();
        open();
        click("I found it: batch");

        browser.press("Enter");
        browser.await("document.querySelector('#act-problem').innerText.includes('is missing')");
        browser.type("batch_found");
        browser.press("Enter");
        browser.await("document.querySelector('#told').innerText.includes('Told to its owner')");

        assertThat(scene.told())
                .singleElement()
                .satisfies(command -> assertThat(command.getArguments())
                        .containsEntry("resolution", "FOUND")
                        .containsEntry("remoteBatchId", "batch_found"));
    }

    @Test
    void aBatchAndARequestAreCancelledWhereTheyAreShown() throws Exception {
        scene.busy();
        browser.open(scene.address() + "#/batches/" + PageScene.id(7));
        click("Cancel: batch");
        assertThat(text("#act")).contains("20,000 requests that have not ended", "paid for all the same");
        browser.eval("document.querySelector('#act .yes').click()");
        browser.await("document.querySelector('#told').innerText.includes('Told to its owner')");
        scene.batch(7, PageScene.MINI, LedgerState.CANCELLING, Duration.ofMinutes(24), 20_000, 0, 0);
        scene.tick();
        browser.await("document.querySelector('#told').innerText.includes('the batch is cancelling')");

        browser.eval("location.hash = '#/requests/order%2F17%20%C3%A4'");
        click("Cancel: the request");
        browser.eval("document.querySelector('#act .yes').click()");
        browser.await("document.querySelectorAll('#told .wish').length === 2");

        assertThat(scene.told())
                .extracting(Command::getKind, Command::getTarget)
                .containsExactly(
                        tuple(CommandKind.CANCEL_BATCH, PageScene.id(7)),
                        tuple(CommandKind.CANCEL_REQUEST, "order/17 ä"));
        assertNothingToComplain();
    }

    @Test
    void whatDoesNotShowIsSaidToBeLate() throws Exception {
        scene.busy();
        open();
        click("Pause: openai/gpt-4o-mini");
        browser.eval("document.querySelector('#act .yes').click()");
        browser.await("document.querySelector('#told').innerText.includes('Told to its owner.')");

        browser.eval("window.now = Date.now, Date.now = () => now() + 31000");

        browser.await("document.querySelector('#told').innerText.includes('nothing shows of it yet')");
        browser.eval("document.querySelector('#told button').click()");
        assertThat(text("#told")).isEmpty();
    }

    @Test
    void whatCannotBeToldIsSaidInTheDialog() throws Exception {
        scene.busy();
        scene.deaf();
        open();
        click("Pause: openai");
        browser.eval("document.querySelector('#act .yes').click()");

        browser.await("document.querySelector('#act-problem').innerText.includes('never done twice')");

        assertThat(browser.eval("document.querySelector('#act').open").asBoolean())
                .isTrue();
        assertThat(text("#told")).isEmpty();
    }

    @Test
    void whoMayOnlyLookIsOfferedNothingToDo() throws Exception {
        scene.close();
        scene = new PageScene(new AdminConfig(
                "127.0.0.1", 0, List.of(new AdminConfig.Token("reader", Role.READ, new Secret(TOKEN)))));
        scene.busy();
        scene.doubts();
        browser.open(scene.address());
        browser.await("document.querySelector('#door').open");
        browser.type(TOKEN);
        browser.press("Enter");

        browser.await("document.querySelector('#me').innerText.includes('You are reader, and may look')");
        browser.await("document.querySelector('#accounts')");

        assertThat(browser.eval("document.querySelectorAll('.act').length").asInt())
                .isZero();
    }

    @Test
    void whatKeepsALaneIsSaid() throws Exception {
        scene.busy();
        scene.kept();
        open();

        browser.await("document.querySelector('#lanes').innerText.includes('account paused by ada')");
        assertThat(text("#lanes"))
                .contains("0 of 1.9M free at the vendor, as it said", "waits for room for its tokens at the vendor");
        browser.await("document.querySelector('#accounts').innerText.includes('paused by ada')");
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
