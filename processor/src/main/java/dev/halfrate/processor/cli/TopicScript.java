package dev.halfrate.processor.cli;

import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.ops.Right.Part;
import dev.halfrate.processor.ops.Rights;
import dev.halfrate.processor.ops.TopicPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Topics and rights as lines for a shell; to run them again does no harm. */
final class TopicScript {
    private final HalfrateConfig config;

    TopicScript(HalfrateConfig config) {
        this.config = config;
    }

    List<String> lines(Map<Part, String> principals) {
        var servers = config.bootstrapServers();
        var lines = new ArrayList<String>();
        lines.add("#!/bin/sh");
        lines.add("# Topics of %s; with TLS or a login add --command-config FILE to each line."
                .formatted(config.application()));
        lines.add("set -e");
        for (var plan : TopicPlan.of(config)) {
            lines.add(plan.createCommand(servers, config.topics().replicationFactor()) + " --if-not-exists");
        }
        principals.forEach((part, principal) -> {
            lines.add("# Rights of the %s.".formatted(part == Part.HALFRATE ? "service" : part.word()));
            Rights.of(config).stream()
                    .filter(right -> right.part() == part)
                    .forEach(right -> lines.add(right.command(servers, principal, right.may())));
        });
        return lines;
    }
}
