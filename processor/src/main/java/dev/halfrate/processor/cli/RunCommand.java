package dev.halfrate.processor.cli;

import dev.halfrate.processor.Service;
import dev.halfrate.processor.ops.Guard;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.Callable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** `run`: the service, until it is told to stop or cannot go on. */
@Command(
        name = "run",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = {
            "Run the service: read requests, batch them, publish results.",
            "",
            "Logs go to standard error, as `log` in the configuration says. Ctrl-C or SIGTERM stop it gracefully; what was not"
                    + " finished is continued by the next start, and so it is after a crash."
        },
        footer = {
            "",
            "Examples:",
            "  halfrate run --config halfrate.yaml",
            "  halfrate run --config halfrate.yaml --debug   with stack traces of errors",
            "",
            "Exit codes: 1 it could not start or had to give up, 2 wrong usage or configuration."
        })
final class RunCommand implements Callable<Integer> {
    @Mixin
    @SuppressWarnings("NullAway.Init")
    private ConfigOption configuration;

    @Option(
            names = "--accept",
            paramLabel = "WHAT",
            description = {
                "Start although it may buy again or lose requests, as the refusal without it said; for one start.",
                "One of: ${COMPLETION-CANDIDATES}."
            })
    private Set<Guard> accepted = EnumSet.noneOf(Guard.class);

    @Override
    public Integer call() throws InterruptedException {
        var config = configuration.load();
        Logging.use(config.log());
        var log = LoggerFactory.getLogger(RunCommand.class);
        log.info("{}", Version.line());
        config.describe().forEach(line -> log.info("{}", line));
        try (var service = Service.start(config, accepted);
                var stop = StopSignal.closing(service)) {
            log.info("running");
            var failure = service.failure().join();
            if (stop.received()) {
                return CommandLines.DONE;
            }
            log.error("the processor gave up", failure);
            throw new CommandException("the processor gave up: " + failure.getMessage(), failure);
        }
    }
}
