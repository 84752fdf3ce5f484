package dev.halfrate.processor.cli;

import dev.halfrate.processor.ops.OperatorJson;
import java.io.PrintWriter;
import picocli.CommandLine.Option;

/** For people, or for programs. */
final class JsonOption {
    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    boolean isOn() {
        return json;
    }

    /** @param document what programs are told, text what people are */
    void print(PrintWriter out, Object document, String text) {
        out.println(json ? OperatorJson.write(document) : text);
        out.flush();
    }
}
