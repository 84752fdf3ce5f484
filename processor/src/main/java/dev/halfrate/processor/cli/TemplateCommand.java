package dev.halfrate.processor.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.halfrate.processor.Providers;
import dev.halfrate.processor.codec.WriterSchemas;
import dev.halfrate.processor.source.Rendered;
import dev.halfrate.processor.source.Source;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** `template`: the templates of sources. */
@Command(
        name = "template",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Try the templates of the configuration's sources.",
        subcommands = TemplateCommand.Try.class,
        footer = {
            "",
            "Examples:",
            "  echo '{\"id\": 7, \"text\": \"Lovely mug\"}' | halfrate template try --config halfrate.yaml",
            "  halfrate template try --config halfrate.yaml --source sentiments --key shop-7 reviews.jsonl",
            "",
            "Exit codes: 0 done, 1 an event can become no request, 2 wrong usage or configuration."
        })
final class TemplateCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "try is needed");
    }

    /** What a source makes of events. */
    @Command(
            name = "try",
            mixinStandardHelpOptions = true,
            description = {
                "Print the requests that a source makes of events. No Kafka is needed, and nothing is sent.",
                "",
                "A file holds one event, a JSON object over as many lines as you like, or one event a line. What is printed is the"
                        + " request record: its headers, and its value in several lines; --json prints the value as it is written, a"
                        + " line each, so that `halfrate estimate` or `halfrate call` can go on with it."
            },
            footer = {
                "",
                "Examples:",
                "  echo '{\"id\": 7, \"text\": \"Lovely mug\"}' | halfrate template try --config halfrate.yaml",
                "  halfrate template try --config halfrate.yaml --source sentiments --json reviews.jsonl > requests.jsonl",
                "",
                "Exit codes: 0 done, 1 an event can become no request, 2 wrong usage or configuration."
            })
    static final class Try implements Callable<Integer> {
        @Spec
        @SuppressWarnings("NullAway.Init")
        private CommandSpec spec;

        @Mixin
        @SuppressWarnings("NullAway.Init")
        private ConfigOption configuration;

        @Option(names = "--source", paramLabel = "NAME", description = "Which one; needed if there are several.")
        private @Nullable String name;

        @Option(names = "--key", paramLabel = "KEY", description = "The records' key, as text.")
        private @Nullable String key;

        @Option(
                names = "--header",
                paramLabel = "NAME=VALUE",
                description = "A header of the records; may be repeated.")
        private @Nullable Map<String, String> headers;

        @Option(
                names = "--timestamp",
                paramLabel = "INSTANT",
                description = "The records' timestamp, such as 2026-11-21T20:00:00Z (default: now).")
        private @Nullable Instant timestamp;

        @Option(names = "--json", description = "Print the requests alone, a line each.")
        private boolean json;

        @Parameters(
                paramLabel = "FILE",
                arity = "0..1",
                defaultValue = "-",
                description = "The events; - or nothing for standard input.")
        @SuppressWarnings("NullAway.Init")
        private Path file;

        @Override
        public Integer call() throws IOException {
            var source = chosen(Source.of(configuration.loadSources(), Providers.endpoints(), WriterSchemas.NONE));
            var events = events(read());
            var failed = 0;
            for (var number = 0; number < events.size(); number++) {
                if (!show(source, events.get(number), number, events.size())) {
                    failed++;
                }
            }
            spec.commandLine().getOut().flush();
            return failed == 0 ? CommandLines.DONE : CommandLines.FAILED;
        }

        private Source chosen(List<Source> sources) {
            if (sources.isEmpty()) {
                throw new CommandException("the configuration has no sources: docs/sources.md shows how one looks");
            }
            var names = sources.stream().map(Source::name).collect(Collectors.joining(", "));
            if (name == null && sources.size() > 1) {
                throw new ParameterException(spec.commandLine(), "--source is needed, one of: " + names);
            }
            return sources.stream()
                    .filter(source -> name == null || source.name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new ParameterException(
                            spec.commandLine(), "no source is named '%s', there are %s".formatted(name, names)));
        }

        private byte[] read() {
            try (var in = file.toString().equals("-") ? System.in : Files.newInputStream(file)) {
                return in.readAllBytes();
            } catch (IOException e) {
                throw new CommandException(
                        "%s cannot be read: %s".formatted(file, e.getClass().getSimpleName()), e);
            }
        }

        /** One document over several lines, or else each line that is not blank. */
        private static List<byte[]> events(byte[] all) {
            if (isOneDocument(new ByteArrayInputStream(all))) {
                return List.of(all);
            }
            var lines = new ArrayList<byte[]>();
            var begin = 0;
            for (var at = 0; at <= all.length; at++) {
                if (at == all.length || all[at] == '\n') {
                    var line = Arrays.copyOfRange(all, begin, at);
                    if (!new String(line, UTF_8).isBlank()) {
                        lines.add(line);
                    }
                    begin = at + 1;
                }
            }
            return lines.isEmpty() ? List.of(all) : lines;
        }

        private static boolean isOneDocument(InputStream in) {
            try {
                new ObjectMapper()
                        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                        .readTree(in);
                return true;
            } catch (IOException _) {
                return false;
            }
        }

        /** @return whether the event is a request, or is not to be one */
        private boolean show(Source source, byte[] value, int number, int events) throws IOException {
            var out = spec.commandLine().getOut();
            var err = spec.commandLine().getErr();
            var of = events == 1 ? "" : "event %d: ".formatted(number + 1);
            var at = timestamp == null ? Instant.now() : timestamp;
            return switch (render(source, value, number, at)) {
                case Rendered.Request request -> {
                    if (json) {
                        out.println(new String(request.value(), UTF_8));
                    } else {
                        out.printf("%s%s to topic %s%n", of, request.customId(), source.to());
                        request.headers()
                                .forEach(header ->
                                        out.printf("%s: %s%n", header.key(), new String(header.value(), UTF_8)));
                        out.println(pretty(request.value()));
                    }
                    yield true;
                }
                case Rendered.Skipped() -> {
                    if (!json) {
                        out.println(of + "skipped: when does not take it");
                    }
                    yield true;
                }
                case Rendered.Pending() -> throw new IllegalStateException("nobody is asked for a schema here");
                case Rendered.Unusable(var reason, var message) -> {
                    out.flush();
                    err.printf("%s%s: %s%n", of, reason.name().toLowerCase(Locale.ROOT), message);
                    err.flush();
                    yield false;
                }
            };
        }

        private Rendered render(Source source, byte[] value, int number, Instant at) {
            var carried = new RecordHeaders();
            if (headers != null) {
                headers.forEach((header, text) -> carried.add(header, text.getBytes(UTF_8)));
            }
            try {
                return source.render(
                        new ConsumerRecord<>(
                                source.topic(),
                                0,
                                number,
                                at.toEpochMilli(),
                                TimestampType.CREATE_TIME,
                                ConsumerRecord.NULL_SIZE,
                                value.length,
                                key == null ? null : key.getBytes(UTF_8),
                                value,
                                carried,
                                Optional.empty()),
                        at);
            } catch (KafkaException e) {
                throw new CommandException("the event cannot be read now: " + e.getMessage(), e);
            }
        }

        private static String pretty(byte[] value) throws IOException {
            var mapper = JsonMapper.builder()
                    .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
                    .build();
            return mapper.writeValueAsString(mapper.readTree(value));
        }
    }
}
