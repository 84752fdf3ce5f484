package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.halfrate.processor.intake.InboxPartitions;
import dev.halfrate.schemas.internal.InternalFormat;
import dev.halfrate.schemas.internal.LaneId;
import dev.halfrate.schemas.internal.Signal;
import dev.halfrate.schemas.internal.SignalKind;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What only a defect, or a day, can do, done to a process from outside: somebody writes to its own topics what says that
 * requests got lost, or what nobody can read.
 */
@Tag("long")
class DefectAlarmsIT {
    private static final Duration NEARLY_A_DAY = Duration.ofHours(23);
    private static final byte[] RUBBISH = {99, 1, 2, 3};

    @TempDir
    Path directory;

    @Test
    @Tag("alarm:HalfrateDoesNotAddUp")
    @Tag("alarm:HalfrateTurnaroundNearWindow")
    @Tag("alarm:HalfrateAdminDefect")
    @Tag("alarm:log-admin-defect")
    @Tag("alarm:log-standstill")
    @Tag("alarm:log-lanes-thread")
    @Tag("alarm:status-balance")
    void whatCannotBeIsToldOf() throws Exception {
        try (var scene = new AlarmScene(directory)) {
            var config =
                    scene.config(scene.account("main", ""), "lanes: {age-max: 500ms}\nledger: {poll-delays: [200ms]}");
            try (var service = scene.start(config)) {
                // Given
                scene.vendor("main", "PUT", "habits", "{\"slowdown\": 1000}");
                for (var number = 0; number < 4; number++) {
                    scene.send("r-" + number, "gpt-main");
                }
                var before = scene.awaitScrape("running", now -> now.sum("halfrate_batches", "state=\"running\"") == 1);
                var batch = await().atMost(AlarmScene.PATIENCE)
                        .until(
                                () -> scene.json("/api/batches")
                                        .at("/batches/0/batch_id")
                                        .asText(),
                                id -> !id.isEmpty());

                // When a batch is said to have settled after a day, with fewer requests than it had
                scene.send(new ProducerRecord<>(
                        "halfrate-lane-inbox",
                        InboxPartitions.of("main", config.topics().partitions()),
                        "main".getBytes(UTF_8),
                        InternalFormat.SIGNAL.encode(Signal.newBuilder()
                                .setKind(SignalKind.SETTLED)
                                .setPool("main")
                                .setLane(new LaneId(
                                        "main", "/v1/chat/completions", "gpt-main", "", List.of(), "24h", ""))
                                .setBatchId(batch)
                                .setAt(System.currentTimeMillis())
                                .setReturned(null)
                                .setSucceeded(ByteBuffer.wrap(new byte[] {1}))
                                .setSucceededCount(1)
                                .setTurnaroundMs(NEARLY_A_DAY.toMillis())
                                .build())));

                // Then
                scene.log.await("ERROR lane main/gpt-main/v1/chat/completions does not balance", AlarmScene.PATIENCE);
                await().atMost(AlarmScene.PATIENCE)
                        .until(() -> scene.json("/api/status")
                                .path("alarms")
                                .toString()
                                .contains(
                                        "balance: main/gpt-main/v1/chat/completions: nothing is known of 3 requests"));

                // When own topics have what nobody can read
                scene.send(new ProducerRecord<>("halfrate-births", 0, "x".getBytes(UTF_8), RUBBISH));
                scene.send(new ProducerRecord<>("halfrate-ledger", 0, "x".getBytes(UTF_8), RUBBISH));
                await().atMost(AlarmScene.PATIENCE)
                        .until(() -> scene.get("/api/status").statusCode() == 500);

                // Then
                scene.log.await("ERROR GET /api/status", AlarmScene.PATIENCE);
                scene.log.await("ERROR what operators see stands still", AlarmScene.PATIENCE);
                var during = scene.awaitScrape(
                        "told of",
                        now -> now.sum("halfrate_admin_requests_total", "status=\"500\"") > 0
                                && now.sum("halfrate_balance_gap") == 3);
                assertThat(service.failure()).isNotDone();
                scene.assertFiresAndEnds("HalfrateDoesNotAddUp", "", before, during, before);
                scene.assertFiresAndEnds("HalfrateTurnaroundNearWindow", "", before, during, before);
                scene.assertFiresAndEnds("HalfrateAdminDefect", "", before, during, during);

                // When the lanes cannot read theirs
                scene.send(new ProducerRecord<>("halfrate-lane-inbox", 0, "x".getBytes(UTF_8), RUBBISH));
                scene.log.await("WARN the lanes' thread ended and is replaced", AlarmScene.PATIENCE);
            }
        }
    }
}
