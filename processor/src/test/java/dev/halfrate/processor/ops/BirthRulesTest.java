package dev.halfrate.processor.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.ops.BirthRules.Birth;
import dev.halfrate.processor.ops.BirthRules.Decision;
import dev.halfrate.processor.ops.BirthRules.Found;
import dev.halfrate.processor.ops.BirthRules.Kind;
import dev.halfrate.processor.ops.BirthRules.Range;
import dev.halfrate.processor.ops.BirthRules.Role;
import dev.halfrate.processor.ops.BirthRules.Shape;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

class BirthRulesTest {
    private static final Uuid ID = new Uuid(1, 1);
    private static final Uuid OTHER_ID = new Uuid(2, 2);
    private static final List<Role> ROLES = List.of(
            new Role("requests/requests", "requests", "intake", "none read", Kind.REQUESTS),
            new Role("work", "work", "ledger", "", Kind.INTERNAL),
            new Role("ledger", "ledger", null, "", Kind.INTERNAL),
            new Role("changelog", "changelog", null, "", Kind.INTERNAL));
    private static final TopicPartition REQUESTS_0 = new TopicPartition("requests", 0);
    private static final TopicPartition REQUESTS_1 = new TopicPartition("requests", 1);
    private static final TopicPartition WORK_0 = new TopicPartition("work", 0);

    private final Map<String, Shape> shapes = new HashMap<>();
    private final Map<String, Birth> births = new HashMap<>();
    private final Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
    private final Map<TopicPartition, Range> ranges = new HashMap<>();

    BirthRulesTest() {
        topic("requests", 2);
        topic("work", 1);
        topic("ledger", 1);
    }

    private void topic(String name, int partitions) {
        shapes.put(name, new Shape(ID, partitions));
        for (var partition = 0; partition < partitions; partition++) {
            ranges.putIfAbsent(new TopicPartition(name, partition), new Range(0, 0));
        }
    }

    private static OffsetAndMetadata at(long offset, String metadata) {
        return new OffsetAndMetadata(offset, metadata);
    }

    private Decision decide(Guard... accepted) {
        var set = EnumSet.noneOf(Guard.class);
        set.addAll(List.of(accepted));
        return BirthRules.decide(ROLES, new Found(shapes, births, offsets, ranges), set);
    }

    /** Lets a decision come true. */
    private void live(Decision decision) {
        assertThat(decision.faults()).isEmpty();
        decision.births().forEach((key, birth) -> {
            if (birth == null) {
                births.remove(key);
            } else {
                births.put(key, birth);
            }
        });
        decision.offsets().values().forEach(offsets::putAll);
    }

    @Test
    void theFirstStartEverBeginsEachPartitionAtItsBeginning() {
        ranges.put(REQUESTS_1, new Range(40, 90));

        var decision = decide();

        assertThat(decision.faults()).isEmpty();
        assertThat(decision.offsets())
                .isEqualTo(Map.of(
                        "intake",
                        Map.of(REQUESTS_0, at(0, "none read"), REQUESTS_1, at(40, "none read")),
                        "ledger",
                        Map.of(WORK_0, at(0, ""))));
        assertThat(decision.births())
                .isEqualTo(Map.of(
                        "requests/requests", new Birth("requests", ID, 2),
                        "work", new Birth("work", ID, 1),
                        "ledger", new Birth("ledger", ID, 1)));
    }

    @Test
    void theNextStartFindsAllAsItWas() {
        live(decide());
        ranges.put(REQUESTS_0, new Range(10, 500));
        offsets.put(REQUESTS_0, new OffsetAndMetadata(500, "some read"));

        assertThat(decide().changesNothing()).isTrue();
    }

    @Test
    void aPartitionThatWasAddedBeginsAtItsBeginning() {
        live(decide());
        topic("requests", 3);

        var decision = decide();

        assertThat(decision.offsets())
                .isEqualTo(Map.of("intake", Map.of(new TopicPartition("requests", 2), at(0, "none read"))));
        assertThat(decision.births()).isEqualTo(Map.of("requests/requests", new Birth("requests", ID, 3)));
    }

    @Test
    void aSourcesTopicThatIsCreatedAgainIsToldOfInItsOwnWords() {
        var roles = new ArrayList<>(ROLES);
        roles.add(new Role("events/reviews", "reviews", "sources", "none read", Kind.EVENTS));
        topic("reviews", 1);
        live(BirthRules.decide(roles, new Found(shapes, births, offsets, ranges), EnumSet.noneOf(Guard.class)));
        assertThat(offsets).containsEntry(new TopicPartition("reviews", 0), at(0, "none read"));
        shapes.put("reviews", new Shape(new Uuid(9, 9), 1));

        var found = new Found(shapes, births, offsets, ranges);

        assertThat(BirthRules.decide(roles, found, EnumSet.noneOf(Guard.class)).faults())
                .singleElement()
                .asString()
                .contains("topic reviews was deleted and created again", "--accept new-source-topic");
        assertThat(BirthRules.decide(roles, found, EnumSet.of(Guard.NEW_SOURCE_TOPIC))
                        .offsets())
                .isEqualTo(Map.of("sources", Map.of(new TopicPartition("reviews", 0), at(0, ""))));
    }

    @Test
    void aRequestsTopicThatIsConfiguredLaterIsReadFromItsBeginning() {
        live(decide());
        topic("more", 1);
        ranges.put(new TopicPartition("more", 0), new Range(3, 9));
        var roles = new ArrayList<>(ROLES);
        roles.add(new Role("requests/more", "more", "intake", "none read", Kind.REQUESTS));

        var decision =
                BirthRules.decide(roles, new Found(shapes, births, offsets, ranges), EnumSet.noneOf(Guard.class));

        assertThat(decision.faults()).isEmpty();
        assertThat(decision.offsets())
                .isEqualTo(Map.of("intake", Map.of(new TopicPartition("more", 0), at(3, "none read"))));
        assertThat(decision.births()).isEqualTo(Map.of("requests/more", new Birth("more", ID, 1)));
    }

    @Test
    void aChangelogIsRecordedOnceItExistsAndMissedFromThenOn() {
        live(decide());
        topic("changelog", 1);
        live(decide());
        shapes.remove("changelog");

        assertThat(decide().faults())
                .singleElement()
                .asString()
                .contains("changelog is gone", "--accept changed-own-topics");
        live(decide(Guard.CHANGED_OWN_TOPICS));
        assertThat(decide().changesNothing()).isTrue();
    }

    @Test
    void anOffsetThatIsGoneIsNoFirstStart() {
        live(decide());
        ranges.put(REQUESTS_1, new Range(20, 12_365));
        offsets.remove(REQUESTS_1);

        var refused = decide();

        assertThat(refused.offsets()).isEmpty();
        assertThat(refused.faults())
                .containsExactly(
                        "group intake has no offset any more for requests partition 1 (deleted, or expired while nobody ran):"
                                + " to begin anew would buy up to 12345 requests again; set it with kafka-consumer-groups.sh"
                                + " --group intake --reset-offsets, or begin anew with --accept lost-offsets");
        var decision = decide(Guard.LOST_OFFSETS);
        assertThat(decision.faults()).isEmpty();
        assertThat(decision.offsets()).isEqualTo(Map.of("intake", Map.of(REQUESTS_1, at(20, ""))));
        assertThat(decision.used()).containsExactly(Guard.LOST_OFFSETS);
    }

    @Test
    void whatIsAcceptedIsOneThingOnly() {
        live(decide());
        offsets.remove(REQUESTS_1);
        ranges.put(REQUESTS_0, new Range(5, 9));

        assertThat(decide(Guard.LOST_OFFSETS).faults())
                .singleElement()
                .asString()
                .contains("stands where nothing is");
    }

    @Test
    void anOffsetBelowWhatIsLeftMeansRequestsThatNobodyRead() {
        live(decide());
        ranges.put(REQUESTS_0, new Range(300, 800));

        assertThat(decide().faults())
                .singleElement()
                .asString()
                .contains("requests-0 at 0, which holds 300 to 800", "--accept offsets-out-of-range");
        assertThat(decide(Guard.OFFSETS_OUT_OF_RANGE).offsets())
                .isEqualTo(Map.of("intake", Map.of(REQUESTS_0, at(300, "none read"))));
    }

    @Test
    void anOffsetBehindTheEndMeansRecordsThatTheBrokersLost() {
        live(decide());
        offsets.put(REQUESTS_0, new OffsetAndMetadata(801, "some read"));
        ranges.put(REQUESTS_0, new Range(300, 800));

        assertThat(decide().faults()).hasSize(1);
        assertThat(decide(Guard.OFFSETS_OUT_OF_RANGE).offsets())
                .isEqualTo(Map.of("intake", Map.of(REQUESTS_0, at(800, "some read"))));
    }

    @Test
    void aTopicOfTheSameNameIsNotTheOneThatWasRead() {
        live(decide());
        offsets.put(REQUESTS_0, new OffsetAndMetadata(700, "some read"));
        shapes.put("requests", new Shape(OTHER_ID, 1));

        assertThat(decide().faults())
                .singleElement()
                .asString()
                .contains("topic requests was deleted and created again", "--accept new-requests-topic");
        var decision = decide(Guard.NEW_REQUESTS_TOPIC);
        assertThat(decision.offsets()).isEqualTo(Map.of("intake", Map.of(REQUESTS_0, at(0, ""))));
        assertThat(decision.births()).isEqualTo(Map.of("requests/requests", new Birth("requests", OTHER_ID, 1)));
    }

    @Test
    void aLedgerOfTheSameNameHoldsNothing() {
        live(decide());
        shapes.put("ledger", new Shape(OTHER_ID, 1));

        assertThat(decide().faults())
                .singleElement()
                .asString()
                .contains("topic ledger was deleted", "changed-own-topics");
    }

    @Test
    void ourOwnTopicsKeepTheirPartitions() {
        live(decide());
        topic("work", 2);

        assertThat(decide().faults())
                .singleElement()
                .asString()
                .contains("topic work has 2 partitions and had 1", "--accept changed-own-topics");
        assertThat(decide(Guard.CHANGED_OWN_TOPICS).offsets())
                .isEqualTo(Map.of("ledger", Map.of(new TopicPartition("work", 1), at(0, ""))));
    }

    @Test
    void aLifeWithoutBirthsIsNoFirstStart() {
        live(decide());
        births.clear();

        assertThat(decide().faults()).singleElement().asString().contains("--accept lost-births");
        var decision = decide(Guard.LOST_BIRTHS);
        assertThat(decision.faults()).isEmpty();
        assertThat(decision.births()).hasSize(3);
        assertThat(decision.offsets()).as("those that are there stay").isEmpty();
    }

    @Test
    void recordsInTheLedgerAreALifeEvenWithoutOffsets() {
        ranges.put(new TopicPartition("ledger", 0), new Range(0, 1));

        assertThat(decide().faults()).singleElement().asString().contains("--accept lost-births");
    }

    @Test
    void requestsThatWaitForTheFirstStartAreNoLife() {
        ranges.put(REQUESTS_0, new Range(0, 1_000));

        assertThat(decide().faults()).isEmpty();
    }

    @Test
    void eachFaultIsALineOfItsOwn() {
        live(decide());
        offsets.clear();
        shapes.put("ledger", new Shape(OTHER_ID, 1));

        assertThat(decide().faults())
                .hasSize(3)
                .allSatisfy(fault -> assertThat(fault).hasLineCount(1));
    }
}
