package dev.halfrate.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Nothing that can be asked of the simulator is left undocumented. */
final class DocumentationTest {

    static final Path DOCUMENT = Path.of("../../docs/simulator.md");

    @ParameterizedTest
    @ValueSource(
            classes = {
                Fault.class,
                LineFault.class,
                Habits.class,
                Limits.class,
                Webhook.class,
                Webhooks.Delivery.class,
                BillingBook.BilledLine.class,
                BillingBook.Summary.class,
                ControlApi.Advance.class
            })
    void everyFieldIsExplained(Class<?> type) throws IOException {
        assertThat(Files.readString(DOCUMENT))
                .contains(Arrays.stream(type.getRecordComponents())
                        .map(RecordComponent::getName)
                        .map(new SnakeCaseStrategy()::translate)
                        .map("`%s`"::formatted)
                        .toList());
    }

    @ParameterizedTest
    @ValueSource(classes = {Fault.Damage.class, Fault.Reset.class, Habits.DeletedInput.class, BillingBook.Price.class})
    void everyWordIsExplained(Class<? extends Enum<?>> type) throws IOException {
        assertThat(Files.readString(DOCUMENT))
                .contains(Arrays.stream(type.getEnumConstants())
                        .map(word -> "`" + word.name() + "`")
                        .toList());
    }
}
