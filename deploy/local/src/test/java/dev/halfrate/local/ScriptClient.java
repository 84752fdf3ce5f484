package dev.halfrate.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The modules of one of the producer-examples, with a program around them that takes orders. */
final class ScriptClient implements PairClient {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final ExampleProgram example;
    private final String command;
    private final Path directory;

    private ScriptClient(ExampleProgram example, String command, Path directory) {
        this.example = example;
        this.command = command;
        this.directory = directory;
    }

    /** @param command that starts the program in client-pairs, which is its last word */
    static ScriptClient install(String example, String installs, String command, LocalStack stack, Path directory)
            throws Exception {
        var copy = ExampleProgram.copy(
                example,
                directory,
                Map.of(
                        "BOOTSTRAP_SERVERS",
                        stack.bootstrapServers(),
                        "SCHEMA_REGISTRY_URL",
                        stack.registryUrl().toString()));
        copy.run(installs);
        var program = command.substring(command.lastIndexOf(' ') + 1);
        try (var source = ScriptClient.class.getResourceAsStream("/client-pairs/" + program)) {
            if (source == null) {
                throw new IllegalStateException("there is no " + program);
            }
            Files.copy(source, directory.resolve(example, program));
        }
        return new ScriptClient(copy, command, directory);
    }

    @Override
    public void write(Form form, List<Asked> requests) throws Exception {
        order("write " + (form == Form.AVRO ? "avro" : "json"), requests);
    }

    @Override
    public List<JsonNode> requests(List<Asked> requests) throws Exception {
        return order("requests", requests);
    }

    @Override
    public List<String> results(List<Asked> requests) throws Exception {
        return order("results", requests).stream().map(JsonNode::textValue).toList();
    }

    private List<JsonNode> order(String words, List<Asked> requests) throws Exception {
        var file = Files.createTempFile(directory, "requests", ".jsonl");
        Files.write(file, requests.stream().map(ScriptClient::line).toList());
        var found = new ArrayList<JsonNode>();
        for (var line : example.execute("%s %s %s".formatted(command, words, file.toAbsolutePath()))) {
            found.add(JSON.readTree(line));
        }
        return found;
    }

    private static String line(Asked request) {
        try {
            return JSON.writeValueAsString(JSON.createObjectNode()
                    .put("custom_id", request.customId())
                    .put("url", request.url())
                    .put("body", request.body()));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
