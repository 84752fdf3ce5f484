package dev.halfrate.processor.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.halfrate.processor.lines.LinesException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WantedIdsTest {
    @TempDir
    private Path directory = Path.of("");

    @Test
    void idsAreThoseOfAListOrOfRequests() throws IOException {
        var wanted = WantedIds.of(Files.writeString(directory.resolve("ids"), """
                a

                b\r
                b
                {"custom_id":"c","params":{"model":"m","max_tokens":5}}
                {"custom_id":"d","params":{"model":"m"}}
                {"params":{"model":"m"}}
                """));

        assertThat(wanted.size()).isEqualTo(4);
        for (var id : new String[] {"a", "b", "c", "d"}) {
            assertThat(wanted.ids().get(IdNumbers.bytes(id))).isEqualTo(WantedIds.OPEN);
        }
    }

    @Test
    void moreThanThereIsMemoryForIsOneClearLine() {
        var wanted = new WantedIds(new IdNumbers(0));

        assertThatThrownBy(() -> {
                    for (var number = 0; number < 10_000; number++) {
                        wanted.add("id-" + number);
                    }
                })
                .isInstanceOf(LinesException.class)
                .hasMessageContaining("as many as there is memory for: HALFRATE_JAVA_OPTS=-Xmx2g gives more");
    }
}
