package dev.halfrate.local;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.slf4j.LoggerFactory;

/** Hears what the processes in this JVM log, as a line each: level and message. */
final class HeardLog extends AppenderBase<ILoggingEvent> implements AutoCloseable {
    private static final String OURS = "dev.halfrate";
    private static final List<String> HEARD = List.of(OURS, "org.apache.kafka.streams");

    private final LoggerContext loggers = (LoggerContext) LoggerFactory.getILoggerFactory();
    private final Queue<String> lines = new ConcurrentLinkedQueue<>();

    HeardLog() {
        setContext(loggers);
        start();
        HEARD.forEach(name -> loggers.getLogger(name).addAppender(this));
        loggers.getLogger(OURS).setLevel(Level.INFO);
    }

    @Override
    protected void append(ILoggingEvent event) {
        lines.add(event.getLevel() + " " + event.getFormattedMessage());
    }

    /** @param line level and message, … for any text within */
    void await(String line, Duration atMost) {
        var pattern = Pattern.compile(
                Pattern.compile("…").splitAsStream(line).map(Pattern::quote).collect(Collectors.joining(".*")) + ".*",
                Pattern.DOTALL);
        Awaitility.await()
                .alias(line + " in " + lines)
                .atMost(atMost)
                .until(() ->
                        lines.stream().anyMatch(each -> pattern.matcher(each).matches()));
    }

    @Override
    public void close() {
        HEARD.forEach(name -> loggers.getLogger(name).detachAppender(this));
        loggers.getLogger(OURS).setLevel(null);
        stop();
    }
}
