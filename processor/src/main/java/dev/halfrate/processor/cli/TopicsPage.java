package dev.halfrate.processor.cli;

import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.ops.TopicReport;
import java.io.PrintWriter;
import java.util.Locale;

/** The topics for people: a line each, below it what differs. */
final class TopicsPage {
    private final PrintWriter out;
    private final HalfrateConfig config;

    TopicsPage(PrintWriter out, HalfrateConfig config) {
        this.out = out;
        this.config = config;
    }

    void print(TopicReport report) {
        var width = Math.max(
                20,
                report.topics().stream()
                        .mapToInt(topic -> topic.name().length())
                        .max()
                        .orElse(0));
        var form = "%-" + width + "s  %10s  %6s  %s%n";
        out.printf(Locale.ROOT, form, "TOPIC", "PARTITIONS", "WANTED", "STATE");
        for (var topic : report.topics()) {
            out.printf(
                    Locale.ROOT,
                    form,
                    topic.name(),
                    topic.partitionsFound() == 0 ? "-" : String.valueOf(topic.partitionsFound()),
                    topic.partitions(),
                    state(topic));
            settings(topic);
        }
        if (!report.faults().isEmpty()) {
            out.println();
            for (var fault : report.faults()) {
                out.printf(Locale.ROOT, "%s%n  - %s%n", fault.what(), fault.action());
            }
        }
    }

    private String state(TopicReport.Topic topic) {
        return switch (topic.state()) {
            case FIT -> "fit";
            case UNFIT -> "unfit, see below";
            case MISSING ->
                config.topics().create()
                        ? "missing, the next start makes it"
                        : "missing, and topics.create is off: --create";
            case HIDDEN -> "this login may not look at it";
        };
    }

    private void settings(TopicReport.Topic topic) {
        topic.settings().forEach((setting, wanted) -> {
            var found = topic.settingsFound().get(setting);
            if (topic.state() == TopicReport.State.MISSING) {
                out.printf(Locale.ROOT, "    %s=%s%n", setting, wanted);
            } else if (found != null && !found.equals(wanted)) {
                out.printf(Locale.ROOT, "    %s=%s, a new one would get %s%n", setting, found, wanted);
            }
        });
    }
}
