package dev.halfrate.processor.fuzz;

import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_32BE;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Something that reads bytes of others.
 *
 * @param samples that it can read; what must not be quoted is in them as {@link #CANARY}
 * @param refusals documented exceptions, the only ones that it may throw
 * @param quotes whether its messages may show what was read: for files of the operator
 * @param share one in so many of a round's inputs, for what is slow
 */
public record Decoder(
        String name,
        List<byte[]> samples,
        Reading reading,
        Set<Class<? extends Exception>> refusals,
        boolean quotes,
        int share) {
    public static final String CANARY = "canary-7d31";

    /** Reads once. */
    @FunctionalInterface
    public interface Reading {
        /** @return what it says of the input to others, if anything */
        String read(byte[] input) throws Exception;
    }

    public Decoder {
        samples = List.copyOf(samples);
        refusals = Set.copyOf(refusals);
    }

    public static Decoder of(String name, Reading reading, String... samples) {
        return of(name, reading, Arrays.stream(samples).map(sample -> sample.getBytes(UTF_8)));
    }

    /** Of JSON: the samples come in other encodings, too. */
    public static Decoder ofJson(String name, Reading reading, String... samples) {
        return of(
                name,
                reading,
                Stream.of(UTF_8, UTF_8, UTF_8, UTF_8, UTF_16BE, UTF_16LE, UTF_32BE)
                        .flatMap(charset -> Arrays.stream(samples).map(sample -> sample.getBytes(charset))));
    }

    public static Decoder of(String name, Reading reading, Stream<byte[]> samples) {
        return new Decoder(name, samples.toList(), reading, Set.of(), false, 1);
    }

    /** Reads, whatever comes of it. */
    void warmUp(byte[] input) {
        try {
            reading.read(input);
        } catch (Exception _) {
            // It comes again.
        }
    }

    public Decoder refusing(Class<? extends Exception> documented) {
        return new Decoder(name, samples, reading, Set.of(documented), quotes, share);
    }

    public Decoder quoting() {
        return new Decoder(name, samples, reading, refusals, true, share);
    }

    public Decoder oneIn(int inputs) {
        return new Decoder(name, samples, reading, refusals, quotes, inputs);
    }

    @Override
    public String toString() {
        return name;
    }
}
