package dev.halfrate.processor.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.joran.spi.JoranException;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.halfrate.processor.config.LogConfig;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;

/** With the logback.xml that comes along. */
class LoggingTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final LoggerContext loggers = new LoggerContext();
    private final ListAppender<ILoggingEvent> heard = new ListAppender<>();

    @SuppressWarnings("NullAway.Init")
    private Encoder<ILoggingEvent> encoder;

    @BeforeEach
    void configure() throws JoranException {
        var configurator = new JoranConfigurator();
        configurator.setContext(loggers);
        configurator.doConfigure(Path.of("src/main/resources/logback.xml").toFile());
        heard.start();
    }

    @AfterEach
    void stop() {
        loggers.stop();
    }

    @Test
    void linesAreForPeopleUnlessTheConfigurationSaysOtherwise() {
        use(LogConfig.DEFAULT);

        ours().atInfo().addKeyValue("batch_id", "b-1").log("{}: spooled", "b-1");

        assertThat(lines()).singleElement().asString().matches("\\S+Z INFO +d\\.halfrate\\.processor\\S* b-1: spooled");
    }

    @Test
    void eachLineIsAnObjectWithWhatItIsAbout() throws JsonProcessingException {
        use(new LogConfig(LogConfig.Format.JSON, LogConfig.Level.INFO));

        ours().atWarn()
                .addKeyValue("batch_id", "b-1")
                .addKeyValue("requests", 7)
                .addKeyValue("cost_usd", new BigDecimal("0.25"))
                .addKeyValue("nothing", (Object) null)
                .addKeyValue("message", "another")
                .setCause(new IllegalStateException("two\nlines"))
                .log("{}: a \"quote\"\nand a line", "b-1");

        assertThat(lines()).hasSize(1);
        var line = JSON.readTree(lines().getFirst());
        assertThat(Instant.parse(line.path("timestamp").asText())).isAfter(Instant.EPOCH);
        assertThat(line.path("level").asText()).isEqualTo("WARN");
        assertThat(line.path("logger").asText()).isEqualTo("dev.halfrate.processor.Any");
        assertThat(line.path("thread").asText())
                .isEqualTo(Thread.currentThread().getName());
        assertThat(line.path("message").asText()).isEqualTo("b-1: a \"quote\"\nand a line");
        assertThat(line.path("batch_id").asText()).isEqualTo("b-1");
        assertThat(line.path("requests").isInt()).isTrue();
        assertThat(line.path("cost_usd").decimalValue()).isEqualByComparingTo("0.25");
        assertThat(line.path("nothing").asText()).isEqualTo("null");
        assertThat(line.path("stack_trace").asText()).contains("IllegalStateException", "LoggingTest");
    }

    @Test
    void theLevelIsOfOurOwnLinesOnly() {
        use(new LogConfig(LogConfig.Format.TEXT, LogConfig.Level.DEBUG));

        ours().debug("ours");
        loggers.getLogger("org.apache.kafka.clients.Any").info("Kafka's");
        loggers.getLogger("org.eclipse.jetty.Any").debug("Jetty's");

        assertThat(lines()).singleElement().asString().endsWith(" ours");
    }

    @Test
    void librariesAreHeardFromWarningsOn() {
        use(LogConfig.DEFAULT);

        for (var library : List.of("org.apache.kafka", "org.eclipse.jetty", "io.pebbletemplates", "com.networknt")) {
            loggers.getLogger(library + ".Any").info("chatter");
            loggers.getLogger(library + ".Any").warn("warning");
        }

        assertThat(lines()).hasSize(4).allSatisfy(line -> assertThat(line).endsWith("warning"));
    }

    @Test
    void whoeverConfiguresLogbackHasHisOwnFormat() {
        loggers.getLogger(Logger.ROOT_LOGGER_NAME).detachAppender("console");

        Logging.use(new LogConfig(LogConfig.Format.JSON, LogConfig.Level.INFO), loggers);

        assertThat(loggers.getLogger(Logger.ROOT_LOGGER_NAME).iteratorForAppenders())
                .isExhausted();
    }

    private void use(LogConfig config) {
        Logging.use(config, loggers);
        var root = loggers.getLogger(Logger.ROOT_LOGGER_NAME);
        encoder = ((ConsoleAppender<ILoggingEvent>) root.getAppender("console")).getEncoder();
        root.detachAppender("console");
        root.addAppender(heard);
    }

    private Logger ours() {
        return loggers.getLogger("dev.halfrate.processor.Any");
    }

    private List<String> lines() {
        return heard.list.stream()
                .map(encoder::encode)
                .map(line -> new String(line, UTF_8))
                .flatMap(String::lines)
                .toList();
    }
}
