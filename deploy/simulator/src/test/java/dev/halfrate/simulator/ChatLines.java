package dev.halfrate.simulator;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Input files of chat completions. */
final class ChatLines {

    private ChatLines() {}

    static List<String> customIds(int lines) {
        return IntStream.range(0, lines).mapToObj(i -> "request – " + i).toList();
    }

    static String of(int lines) {
        return IntStream.range(0, lines)
                .mapToObj(i -> line("request – " + i, body("Question " + i + "?")))
                .collect(Collectors.joining("\n", "", "\n"));
    }

    static String body(String question) {
        return "{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}".formatted(question);
    }

    static String line(String customId, String body) {
        return "{\"custom_id\": \"%s\", \"method\": \"POST\", \"url\": \"/v1/chat/completions\", \"body\": %s}"
                .formatted(customId, body);
    }
}
