package dev.halfrate.processor.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.ops.BindingRules.Binding;
import dev.halfrate.processor.ops.BindingRules.Decision;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BindingRulesTest {
    private static final Binding FIRST =
            new Binding("openai", "https://vendor.example/v1", Map.of("openai-project", "01"), "");
    private static final Binding FIRST_OF_ORG =
            new Binding("openai", "https://vendor.example/v1", Map.of("openai-project", "01"), "org-a");

    private static Decision decide(Binding now, Map<String, Binding> recorded, Guard... accepted) {
        return BindingRules.decide(Map.of("main", now), recorded, Set.of(accepted));
    }

    @Test
    void anAccountIsBoundWhenItIsFirstSeen() {
        assertThat(decide(FIRST, Map.of())).isEqualTo(new Decision(List.of(), Map.of("main", FIRST), Set.of()));
    }

    @Test
    void anAccountThatIsAsItWasKeepsItsOrganization() {
        assertThat(decide(FIRST, Map.of("main", FIRST_OF_ORG))).isEqualTo(new Decision(List.of(), Map.of(), Set.of()));
    }

    @Test
    void whateverChangedIsNamedWithoutTheValuesOfHeaders() {
        var now = new Binding(
                "anthropic", "https://other.example/v1", Map.of("openai-project", "02", "x-workspace", "03"), "");

        assertThat(decide(now, Map.of("main", FIRST_OF_ORG)).faults())
                .containsExactly(
                        "account main is not the one that it was (provider was openai and is anthropic, base-url"
                                + " was https://vendor.example/v1 and is https://other.example/v1, header openai-project has another"
                                + " value, header x-workspace is new): its batches under way are not known there, they may be bought"
                                + " again or never be answered; give the other account another name and keep this one until its"
                                + " batches are settled, or go on with --accept changed-account");
        assertThat(decide(new Binding("openai", FIRST.baseUrl(), Map.of(), ""), Map.of("main", FIRST))
                        .faults())
                .singleElement()
                .asString()
                .contains("(header openai-project is gone)");
    }

    @Test
    void whatWasAcceptedIsWhatTheNextStartFinds() {
        var now = new Binding("openai", "https://other.example/v1", Map.of(), "");

        var decision = decide(now, Map.of("main", FIRST_OF_ORG), Guard.CHANGED_ACCOUNT);

        assertThat(decision.faults()).isEmpty();
        assertThat(decision.bindings()).isEqualTo(Map.of("main", now));
        assertThat(decision.used()).containsExactly(Guard.CHANGED_ACCOUNT);
        assertThat(decide(now, decision.bindings()).bindings()).isEmpty();
    }

    @Test
    void acceptedTheKeyMayBeOfAnotherOrganization() {
        var decision = decide(FIRST, Map.of("main", FIRST_OF_ORG), Guard.CHANGED_ORGANIZATION);

        assertThat(decision.bindings()).isEqualTo(Map.of("main", FIRST));
        assertThat(decision.used()).containsExactly(Guard.CHANGED_ORGANIZATION);
        assertThat(decide(FIRST, Map.of("main", FIRST_OF_ORG), Guard.CHANGED_ACCOUNT)
                        .bindings())
                .as("another account's change is none of this one")
                .isEmpty();
    }

    @Test
    void anotherGuardsWordAcceptsNothingHere() {
        var now = new Binding("openai", "https://other.example/v1", Map.of(), "");

        assertThat(decide(now, Map.of("main", FIRST), Guard.CHANGED_OWN_TOPICS).faults())
                .hasSize(1);
    }

    @Test
    void whatIsNotConfiguredStaysAsItWas() {
        var decision = BindingRules.decide(Map.of("new", FIRST), Map.of("old", FIRST_OF_ORG), Set.of());

        assertThat(decision.faults()).isEmpty();
        assertThat(decision.bindings()).isEqualTo(Map.of("new", FIRST));
    }
}
