package dev.halfrate.processor.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever comes, a decoder returns or throws what it says it throws, soon and without much memory, and quotes nothing.
 *
 * <p>{@code -Dfuzz.inputs=N} tries N inputs for each decoder, {@code -Dfuzz.first=SEED} begins with another seed, {@code
 * -Dfuzz.decoder=TEXT} takes those whose names have it. Each input has a seed of its own, which a failure says.
 */
class FuzzTest {
    private static final int INPUTS = Integer.getInteger("fuzz.inputs", 2_000);
    private static final long FIRST = Long.getLong("fuzz.first", 1);
    private static final String ONLY = System.getProperty("fuzz.decoder", "");

    /** Of this thread: others may have the machine meanwhile. */
    private static final Duration CPU_MAX = Duration.ofSeconds(2);

    private static final long ALLOCATED_MAX = 64L << 20;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private static Decoders decoders;

    @BeforeAll
    static void open() throws Exception {
        decoders = new Decoders();
    }

    @AfterAll
    static void close() throws Exception {
        decoders.close();
    }

    static List<Decoder> decoders() {
        return decoders.all().stream()
                .filter(decoder -> decoder.name().contains(ONLY))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("decoders")
    void readsOrRefuses(Decoder decoder) {
        for (var sample : decoder.samples()) {
            // What is loaded once is not what an input costs.
            decoder.warmUp(sample);
            check(decoder, sample, "a sample as it is");
        }
        for (var seed = FIRST; seed < FIRST + Math.max(1, INPUTS / decoder.share()); seed++) {
            check(decoder, new Damage(seed).of(decoder.samples()), "-Dfuzz.inputs=1 -Dfuzz.first=" + seed);
        }
    }

    private static void check(Decoder decoder, byte[] input, String which) {
        var cpu = THREADS.getCurrentThreadCpuTime();
        var allocated = THREADS.getCurrentThreadAllocatedBytes();
        var said = "";
        try {
            said = decoder.reading().read(input);
        } catch (Throwable e) {
            if (decoder.refusals().stream().noneMatch(refusal -> refusal.isInstance(e))) {
                throw new AssertionError(describe(decoder, input, which), e);
            }
            var trace = new StringWriter();
            e.printStackTrace(new PrintWriter(trace));
            said = trace.toString();
        }
        if (!decoder.quotes() && said.contains(Decoder.CANARY)) {
            throw new AssertionError("%s quotes its input: %s".formatted(describe(decoder, input, which), said));
        }
        assertThat(Duration.ofNanos(THREADS.getCurrentThreadCpuTime() - cpu))
                .as(() -> describe(decoder, input, which))
                .isLessThan(CPU_MAX);
        assertThat(THREADS.getCurrentThreadAllocatedBytes() - allocated)
                .as(() -> describe(decoder, input, which))
                .isLessThan(ALLOCATED_MAX);
    }

    private static String describe(Decoder decoder, byte[] input, String which) {
        var base64 = Base64.getEncoder().encodeToString(input);
        return "%s, %s, %d bytes: %s"
                .formatted(decoder.name(), which, input.length, base64.substring(0, Math.min(4_000, base64.length())));
    }
}
