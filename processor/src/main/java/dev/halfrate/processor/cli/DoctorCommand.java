package dev.halfrate.processor.cli;

import dev.halfrate.processor.Providers;
import dev.halfrate.processor.config.ConfigException;
import dev.halfrate.processor.doctor.Diagnosis;
import dev.halfrate.processor.doctor.Doctor;
import dev.halfrate.processor.ops.OperatorJson;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** `doctor`: whether all is well that the service rests on, and what to do where it is not. */
@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = {
            "Check all that the service rests on, and say what to do about what is wrong.",
            "",
            "Looks into the configuration, this machine (memory, open files, disk, ports, clock), Kafka (reach, login, versions,"
                    + " topics, rights, what the next start will be held against), the schema registry and each account's key.",
            "",
            "It changes nothing and costs nothing: it makes no topic, joins no group, sends no request; a key is tried with a"
                    + " list of one batch. Run it where and as whom the service runs, before its first start or beside it. It"
                    + " takes half a minute at most.",
            "",
            "Each line is ok, warn (it works, but not as well or safely as it could), fail (a start is refused, or requests"
                    + " are not answered) or skipped (it could not be looked into, with the reason)."
        },
        footer = {
            "",
            "Examples:",
            "  halfrate doctor -c halfrate.yaml",
            "  halfrate doctor -c halfrate.yaml && halfrate run -c halfrate.yaml",
            "  halfrate doctor -c halfrate.yaml --json | jq '.findings[].found'",
            "",
            "Exit codes: 0 nothing fails (there may be warnings), 1 something fails, 2 wrong usage or configuration."
        })
final class DoctorCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private ConfigOption configuration;

    @Option(names = "--json", description = "Print one JSON object, when all is done.")
    private boolean json;

    @Override
    public Integer call() throws InterruptedException {
        Quiet.keep(spec);
        var out = spec.commandLine().getOut();
        var colours = Colours.of(System.getenv());
        try {
            var config = configuration.load();
            var page = new DoctorPage(out, colours, Doctor.checkWidth(config));
            var diagnosis = Doctor.examine(config, configuration.file(), Providers::toAsk, finding -> {
                if (!json) {
                    page.print(finding);
                }
            });
            if (json) {
                out.println(OperatorJson.write(diagnosis));
            } else {
                page.summary(diagnosis);
            }
            return diagnosis.healthy() ? CommandLines.DONE : CommandLines.FAILED;
        } catch (ConfigException e) {
            var finding = Doctor.unreadable(String.valueOf(e.getMessage()));
            if (json) {
                out.println(OperatorJson.write(Diagnosis.of(List.of(finding))));
            } else {
                new DoctorPage(out, colours, finding.check().length()).print(finding);
            }
            return CommandLines.MISUSED;
        } finally {
            out.flush();
        }
    }
}
