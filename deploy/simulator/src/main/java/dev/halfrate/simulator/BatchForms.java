package dev.halfrate.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A batch as vendors other than OpenAI show it. */
final class BatchForms {

    private static final List<String> HANDLES = List.of("output_file_id", "error_file_id");

    private BatchForms() {}

    static ObjectNode azure(BatchObject batch) {
        ObjectNode shown = Json.MAPPER.valueToTree(batch);
        shown.put("status", capitalized(batch.status()));
        for (String name : shown.properties().stream().map(Map.Entry::getKey).toList()) {
            if (name.endsWith("_at") && shown.path(name).isNumber()) {
                shown.put(
                        name,
                        Instant.ofEpochSecond(shown.path(name).longValue()).toString());
            }
        }
        for (String handle : HANDLES) {
            if (shown.path(handle).isNull()) {
                shown.put(handle, "");
            }
        }
        if (batch.inProgressAt() == null) {
            shown.putObject("request_counts")
                    .putNull("total")
                    .putNull("completed")
                    .putNull("failed");
        }
        return shown;
    }

    static ObjectNode gateway(BatchObject batch) {
        ObjectNode all = Json.MAPPER.valueToTree(batch);
        ObjectNode shown = JsonNodeFactory.instance.objectNode();
        for (String name : List.of("id", "object", "endpoint", "completion_window", "status", "output_file_id")) {
            shown.set(name, all.path(name));
        }
        for (String name : List.of("error_file_id", "created_at", "completed_at", "request_counts", "metadata")) {
            shown.set(name, all.path(name));
        }
        shown.put("status", gatewayStatus(batch.status()));
        JsonNode first = all.at("/errors/data/0");
        shown.set(
                "error",
                first.isMissingNode()
                        ? JsonNodeFactory.instance.nullNode()
                        : JsonNodeFactory.instance
                                .objectNode()
                                .<ObjectNode>set("message", first.path("message"))
                                .set("code", first.path("code")));
        return shown;
    }

    static ObjectNode openRouter(BatchObject batch) {
        ObjectNode shown = Json.MAPPER.valueToTree(batch);
        shown.remove(HANDLES);
        return shown.without("input_file_id");
    }

    /** Those that have a name there; the others are parts of a longer stage. */
    private static String gatewayStatus(String status) {
        return switch (status) {
            case "validating" -> "pending";
            case "finalizing", "cancelling" -> "in_progress";
            default -> status;
        };
    }

    private static String capitalized(String status) {
        return status.substring(0, 1).toUpperCase(Locale.ROOT) + status.substring(1);
    }
}
