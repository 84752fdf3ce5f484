package dev.halfrate.simulator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** A result file, read back. */
record ResultLines(List<String> raw, List<JsonNode> parsed) {

    static ResultLines parse(String file) {
        List<String> raw = file.lines().toList();
        return new ResultLines(raw, raw.stream().map(ResultLines::json).toList());
    }

    List<String> customIds() {
        return parsed.stream().map(line -> line.get("custom_id").textValue()).toList();
    }

    Set<String> customIdsWithStatus(int status) {
        return parsed.stream()
                .filter(line -> line.at("/response/status_code").intValue() == status)
                .map(line -> line.get("custom_id").textValue())
                .collect(Collectors.toSet());
    }

    List<String> bodies() {
        return parsed.stream().map(line -> line.at("/response/body").toString()).toList();
    }

    List<String> errorCodes() {
        return parsed.stream().map(line -> line.at("/error/code").textValue()).toList();
    }

    List<Integer> statusCodes() {
        return parsed.stream()
                .map(line -> line.at("/response/status_code").intValue())
                .toList();
    }

    private static JsonNode json(String line) {
        try {
            return Json.MAPPER.readTree(line);
        } catch (JsonProcessingException e) {
            throw new AssertionError(line, e);
        }
    }
}
