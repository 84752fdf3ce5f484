package dev.halfrate.processor.flight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.io.IOException;
import java.nio.file.Path;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FlightEventsTest {
    @TempDir
    Path directory;

    @Test
    void aRecordingShowsWhatWasDone() throws IOException {
        var file = directory.resolve("some.jfr");
        try (var recording = new Recording()) {
            recording.start();

            new CommitEvent("intake", 3).commit();
            new SpoolEvent("batch-7", 4, 5_000).commit();
            new UploadEvent("batch-7", 4, 5_000).commit();
            new CreateEvent("batch-7", 4, 5_000).commit();
            new CollectEvent("batch-7").commit(4);
            new LaneTickEvent("0_1").commit();

            recording.stop();
            recording.dump(file);
        }

        var events = RecordingFile.readAllEvents(file).stream()
                .filter(event -> event.getEventType().getName().startsWith("halfrate."))
                .toList();
        assertThat(events)
                .extracting(event -> event.getEventType().getName())
                .containsExactlyInAnyOrder(
                        "halfrate.Commit",
                        "halfrate.Spool",
                        "halfrate.Upload",
                        "halfrate.Create",
                        "halfrate.Collect",
                        "halfrate.LaneTick");
        assertThat(events.stream().filter(event -> event.hasField("bytes")))
                .extracting(
                        event -> event.getString("batch"),
                        event -> event.getInt("requests"),
                        event -> event.getLong("bytes"))
                .containsOnly(tuple("batch-7", 4, 5_000L));
    }
}
