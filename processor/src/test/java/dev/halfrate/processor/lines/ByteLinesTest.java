package dev.halfrate.processor.lines;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

class ByteLinesTest {
    @Test
    void linesAreTakenByteForByte() throws IOException {
        var read = new ArrayList<String>();
        try (var lines = lines("a\r\n\n b", 10)) {
            for (var line = lines.next(); line != null; line = lines.next()) {
                read.add(new String(line, UTF_8));
            }
            assertThat(lines.number()).isEqualTo(3);
            assertThat(lines.end()).isEqualTo(6);
            assertThat(lines.ended()).isFalse();
        }
        assertThat(read).containsExactly("a\r", "", " b");
    }

    @Test
    void behindALineThatIsTooLongItGoesOn() throws IOException {
        // Given one that is longer than any buffer
        var text = "first\n" + "x".repeat(200_000) + "\nlast\n";
        try (var lines = lines(text, 1_000)) {
            assertThat(lines.next()).asString().isEqualTo("first");
            assertThatThrownBy(lines::next).isInstanceOf(ByteLines.TooLongException.class);
            assertThat(lines.number()).isEqualTo(2);

            // When
            lines.skip();

            // Then
            assertThat(lines.next()).asString().isEqualTo("last");
            assertThat(lines.number()).isEqualTo(3);
            assertThat(lines.end()).isEqualTo(text.length());
            assertThat(lines.next()).isNull();
        }
    }

    private static ByteLines lines(String text, int lineBytesMax) {
        return new ByteLines(new ByteArrayInputStream(text.getBytes(UTF_8)), lineBytesMax);
    }
}
