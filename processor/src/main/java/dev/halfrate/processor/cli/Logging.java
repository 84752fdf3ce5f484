package dev.halfrate.processor.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import dev.halfrate.processor.config.LogConfig;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes the process log as its configuration says. */
final class Logging {
    /** What all of Halfrate's loggers are below. */
    private static final String OURS = "dev.halfrate";

    /** Name of the appender of the logback.xml that comes along. Whoever brings his own one has his own format. */
    private static final String APPENDER = "console";

    private Logging() {}

    static void use(LogConfig config) {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext loggers) {
            use(config, loggers);
        }
    }

    static void use(LogConfig config, LoggerContext loggers) {
        if (!config.level().equals(LogConfig.DEFAULT.level())) {
            loggers.getLogger(OURS).setLevel(Level.valueOf(config.level().name()));
        }
        if (config.format() == LogConfig.Format.JSON
                && loggers.getLogger(Logger.ROOT_LOGGER_NAME).getAppender(APPENDER)
                        instanceof ConsoleAppender<ILoggingEvent> console) {
            var lines = new JsonLines();
            lines.setContext(loggers);
            lines.start();
            console.stop();
            console.setEncoder(lines);
            console.start();
        }
    }
}
