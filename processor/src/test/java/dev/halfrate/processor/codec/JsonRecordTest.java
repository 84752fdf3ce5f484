package dev.halfrate.processor.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonRecordTest {
    /** Seconds that lie 64 apart have one place among those that are remembered. */
    @ParameterizedTest
    @CsvSource({
        "2026-11-23T08:00:00.000Z, 2026-11-23T08:00:00Z",
        "2026-11-23T08:00:00.007Z, 2026-11-23T08:00:00.007999999Z",
        "2026-11-23T08:01:04.070Z, 2026-11-23T08:01:04.07Z",
        "2026-11-23T08:00:00.700Z, 2026-11-23T08:00:00.7Z",
        "1969-12-31T23:59:59.999Z, 1969-12-31T23:59:59.999Z"
    })
    void timesAreInUtcToTheMillisecond(String written, Instant time) {
        try (var json = new JsonRecord.Writer(64)) {
            var text = new String(json.time("at", time).toBytes(), StandardCharsets.UTF_8);

            assertThat(text).isEqualTo("{\"at\":\"" + written + "\"}");
        }
    }
}
