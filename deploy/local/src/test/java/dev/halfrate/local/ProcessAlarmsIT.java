package dev.halfrate.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.halfrate.processor.Main;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that is killed beside one that lives, and one that has hardly any heap. */
@Tag("long")
class ProcessAlarmsIT {
    private static final int PARTITIONS = 4;

    @TempDir
    Path directory;

    @Test
    @Tag("alarm:HalfrateDown")
    @Tag("alarm:HalfratePartitionsWithoutOwner")
    @Tag("alarm:HalfrateHeapFull")
    void aProcessThatIsKilledIsMissedUntilAnotherTakesOver() throws Exception {
        try (var scene = new AlarmScene(directory)) {
            var account = scene.account("main", "");
            var ports = new int[] {AlarmScene.freePort(), AlarmScene.freePort()};
            var files = new Path[] {config(scene, account, "a", ports[0]), config(scene, account, "b", ports[1])};
            try (var _ = JavaProcess.start(
                    directory.resolve("a.out"), Main.class.getName(), "run", "--config=" + files[0])) {
                // Given
                Scrape before;
                try (var killed = JavaProcess.start(
                        directory.resolve("b.out"), Main.class.getName(), "run", "--config=" + files[1])) {
                    before = await().atMost(AlarmScene.PATIENCE)
                            .until(
                                    () -> scene.scrape("a", ports[0]).and(scene.scrape("b", ports[1])),
                                    now -> ready(now) == PARTITIONS
                                            && ready(now, "a") > 0
                                            && ready(now, "b") > 0
                                            && now.sum("up") == 2);
                    assertThat(heap(before, "b")).isLessThan(0.9);

                    // When
                    killed.kill();
                }
                var during = scene.scrape("a", ports[0]).and(scene.scrape("b", ports[1]));

                // Then
                assertThat(ready(during)).isBetween(1.0, PARTITIONS - 1.0);
                assertThat(during.sum("up")).isEqualTo(1);
                await().atMost(AlarmScene.PATIENCE).until(() -> ready(scene.scrape("a", ports[0])) == PARTITIONS);

                // When it starts again, with hardly any heap
                try (var _ = JavaProcess.start(
                        directory.resolve("again.out"),
                        List.of("-Xmx128m"),
                        FullHeap.class.getName(),
                        "run",
                        "--config=" + files[1])) {
                    var after = await().atMost(AlarmScene.PATIENCE)
                            .until(
                                    () -> scene.scrape("a", ports[0]).and(scene.scrape("b", ports[1])),
                                    now -> now.sum("up") == 2 && ready(now) == PARTITIONS && heap(now, "b") > 0.9);

                    // Then
                    scene.assertFiresAndEnds("HalfrateDown", "instance=\"b\"", before, during, after);
                    scene.assertFiresAndEnds("HalfratePartitionsWithoutOwner", "", before, during, after);
                    scene.assertFiresAndEnds("HalfrateHeapFull", "instance=\"b\"", before, after, before);
                }
            }
        }
    }

    private static double ready(Scrape scrape) {
        return scrape.sum("halfrate_partitions", "state=\"ready\"");
    }

    private static double ready(Scrape scrape, String instance) {
        return scrape.sum("halfrate_partitions", "instance=\"%s\"".formatted(instance), "state=\"ready\"");
    }

    private static double heap(Scrape scrape, String instance) {
        var labels = new String[] {"area=\"heap\"", "instance=\"%s\"".formatted(instance)};
        return scrape.sum("jvm_memory_used_bytes", labels) / scrape.sum("jvm_memory_max_bytes", labels);
    }

    private Path config(AlarmScene scene, String account, String process, int port) throws IOException {
        return Files.writeString(directory.resolve(process + ".yaml"), """
                state-dir: %s/%s
                kafka: {bootstrap.servers: "%s"}
                topics: {partitions: %d, replication-factor: 1}
                admin: {port: %d}
                accounts:
                %s
                """.formatted(
                        directory, process, scene.broker.bootstrapServers(), PARTITIONS, port, account));
    }
}
