package dev.halfrate.processor.transfer;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.codec.ResultCodec;
import dev.halfrate.processor.codec.VendorLine;
import dev.halfrate.processor.output.AnswerText;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How results are written as lines. */
public enum ResultForm {
    /** As on the results topic. */
    RECORD {
        @Override
        byte[] line(Result result) {
            return ResultCodec.encodeLine(result);
        }
    },
    /** As in the vendor's own batch output file. */
    VENDOR {
        @Override
        byte[] line(Result result) {
            return VendorLine.of(result);
        }
    },
    /** custom_id, a tab, and the answer's text: tabs, line breaks and backslashes in either as \t, \n, \r and \\. */
    TEXT {
        @Override
        byte[] line(Result result) {
            return (escaped(result.customId()) + "\t" + escaped(text(result))).getBytes(UTF_8);
        }
    };

    private static final JsonFactory JSON = new JsonFactoryBuilder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .build();

    /** Without a line feed. */
    abstract byte[] line(Result result);

    /** @return what a rule took out of it, or else what the answer says; empty if it says nothing in words */
    private static String text(Result result) {
        var output = result.output();
        if (output != null && output.structured()) {
            return new String(output.json(), UTF_8);
        }
        return Optional.ofNullable(output)
                .map(Result.Output::json)
                .or(() -> spoken(result.body()))
                .map(ResultForm::decoded)
                .orElse("");
    }

    private static Optional<byte[]> spoken(byte @Nullable [] body) {
        return body == null ? Optional.empty() : AnswerText.of(body);
    }

    private static String decoded(byte[] json) {
        try (var parser = JSON.createParser(json)) {
            parser.nextToken();
            return parser.getText();
        } catch (IOException e) {
            throw new IllegalStateException("a JSON text that was found by a parser", e);
        }
    }

    private static String escaped(String text) {
        return text.replace("\\", "\\\\")
                .replace("\t", "\\t")
                .replace("\n", "\\n")
                .replace("\r", "\\r");
    }
}
