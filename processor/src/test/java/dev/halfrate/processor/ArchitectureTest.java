package dev.halfrate.processor;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Instant;

/** The arrows between the rooms: few, and downward. */
@AnalyzeClasses(packages = "dev.halfrate.processor", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    private static final String ROOT = "dev.halfrate.processor.";

    @ArchTest
    static final ArchRule roomsKnowOnlyRoomsBelowThem = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("wiring")
            .definedBy("dev.halfrate.processor")
            .layer("cli")
            .definedBy(ROOT + "cli")
            .layer("admin")
            .definedBy(ROOT + "admin")
            .layer("intake")
            .definedBy(ROOT + "intake")
            .layer("source")
            .definedBy(ROOT + "source")
            .layer("topology")
            .definedBy(ROOT + "topology")
            .layer("ledger")
            .definedBy(ROOT + "ledger")
            .layer("call")
            .definedBy(ROOT + "call")
            .layer("webhook")
            .definedBy(ROOT + "webhook")
            .layer("http")
            .definedBy(ROOT + "http")
            .layer("callback")
            .definedBy(ROOT + "callback")
            .layer("signing")
            .definedBy(ROOT + "signing")
            .layer("estimate")
            .definedBy(ROOT + "estimate")
            .layer("doctor")
            .definedBy(ROOT + "doctor")
            .layer("ops")
            .definedBy(ROOT + "ops")
            .layer("lane")
            .definedBy(ROOT + "lane")
            .layer("batch")
            .definedBy(ROOT + "batch")
            .layer("vendors")
            .definedBy(ROOT + "provider.*..")
            .layer("provider")
            .definedBy(ROOT + "provider")
            .layer("output")
            .definedBy(ROOT + "output")
            .layer("registry")
            .definedBy(ROOT + "registry")
            .layer("codec")
            .definedBy(ROOT + "codec")
            .layer("config")
            .definedBy(ROOT + "config")
            .layer("money")
            .definedBy(ROOT + "money")
            .layer("tracing")
            .definedBy(ROOT + "tracing")
            .layer("balance")
            .definedBy(ROOT + "balance")
            .layer("kafka")
            .definedBy(ROOT + "kafka")
            .layer("lines")
            .definedBy(ROOT + "lines")
            .layer("transfer")
            .definedBy(ROOT + "transfer")
            // The terminal starts the wiring, and the wiring's main opens the terminal.
            .whereLayer("wiring")
            .mayOnlyBeAccessedByLayers("cli")
            .whereLayer("cli")
            .mayOnlyBeAccessedByLayers("wiring")
            .whereLayer("admin")
            .mayOnlyBeAccessedByLayers("wiring")
            .whereLayer("intake")
            .mayOnlyBeAccessedByLayers("wiring")
            .whereLayer("source")
            .mayOnlyBeAccessedByLayers("intake", "wiring", "cli")
            .whereLayer("topology")
            .mayOnlyBeAccessedByLayers("wiring")
            .whereLayer("ledger")
            .mayOnlyBeAccessedByLayers("wiring")
            .whereLayer("webhook")
            .mayOnlyBeAccessedByLayers("wiring")
            .whereLayer("http")
            .mayOnlyBeAccessedByLayers("admin", "webhook")
            .whereLayer("callback")
            .mayOnlyBeAccessedByLayers("wiring")
            .whereLayer("signing")
            .mayOnlyBeAccessedByLayers("webhook", "callback")
            .whereLayer("estimate")
            .mayOnlyBeAccessedByLayers("cli")
            .whereLayer("call")
            .mayOnlyBeAccessedByLayers("ledger", "estimate", "cli")
            .whereLayer("doctor")
            .mayOnlyBeAccessedByLayers("cli")
            .whereLayer("lines")
            .mayOnlyBeAccessedByLayers("call", "transfer", "cli", "codec", "vendors")
            .whereLayer("transfer")
            .mayOnlyBeAccessedByLayers("cli")
            .whereLayer("ops")
            .mayOnlyBeAccessedByLayers("wiring", "cli", "admin", "doctor", "transfer")
            .whereLayer("vendors")
            .mayOnlyBeAccessedByLayers("wiring")
            .whereLayer("lane")
            .mayOnlyBeAccessedByLayers("topology")
            .whereLayer("batch")
            .mayOnlyBeAccessedByLayers("ledger", "tracing")
            .whereLayer("tracing")
            .mayOnlyBeAccessedByLayers("wiring", "intake", "topology", "ledger")
            .whereLayer("provider")
            .mayOnlyBeAccessedByLayers("wiring", "vendors", "intake", "ledger", "batch", "call", "cli", "doctor")
            .whereLayer("output")
            .mayOnlyBeAccessedByLayers("wiring", "ledger", "transfer")
            .whereLayer("registry")
            .mayOnlyBeAccessedByLayers("wiring", "doctor")
            .whereLayer("codec")
            .mayOnlyBeAccessedByLayers(
                    "wiring",
                    "vendors",
                    "intake",
                    "source",
                    "topology",
                    "ledger",
                    "callback",
                    "call",
                    "ops",
                    "transfer",
                    "cli",
                    "output",
                    "registry",
                    "tracing")
            .whereLayer("balance")
            .mayOnlyBeAccessedByLayers("intake", "topology", "ledger", "ops", "cli")
            .whereLayer("kafka")
            .mayOnlyBeAccessedByLayers("intake", "ledger")
            .whereLayer("money")
            .mayOnlyBeAccessedByLayers(
                    "codec",
                    "provider",
                    "vendors",
                    "config",
                    "balance",
                    "batch",
                    "ledger",
                    "topology",
                    "wiring",
                    "tracing",
                    "call",
                    "estimate",
                    "ops",
                    "admin",
                    "cli");

    @ArchTest
    static final ArchRule noCyclesBetweenRooms =
            slices().matching(ROOT + "(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule lanesAndMoneyArePure = classes()
            .that()
            .resideInAnyPackage(ROOT + "lane", ROOT + "money")
            .should()
            .onlyDependOnClassesThat(resideInAnyPackage(
                    ROOT + "lane",
                    ROOT + "money",
                    "java.lang..",
                    "java.math",
                    "java.util..",
                    "java.time..",
                    "java.nio",
                    "java.nio.charset",
                    "java.security",
                    "org.jspecify.."));

    @ArchTest
    static final ArchRule balanceIsPure = classes()
            .that()
            .resideInAPackage(ROOT + "balance")
            .should()
            .onlyDependOnClassesThat(resideInAnyPackage(
                    ROOT + "balance",
                    ROOT + "money",
                    "dev.halfrate.schemas.internal",
                    "java.lang..",
                    "java.time..",
                    "java.util..",
                    "org.jspecify.."));

    @ArchTest
    static final ArchRule batchesArePure = classes()
            .that()
            .resideInAPackage(ROOT + "batch")
            .should()
            .onlyDependOnClassesThat(resideInAnyPackage(
                    ROOT + "batch",
                    ROOT + "money",
                    ROOT + "provider",
                    "java.lang..",
                    "java.util..",
                    "java.time..",
                    "java.nio",
                    "java.nio.charset",
                    "java.security",
                    "org.jspecify.."));

    @ArchTest
    static final ArchRule answersAreJudgedPurely = noClasses()
            .that()
            .resideInAPackage(ROOT + "output")
            .should()
            .dependOnClassesThat(
                    resideInAnyPackage("java.util.concurrent..", "java.net..", "java.nio.file..", "org.apache.kafka.."))
            .orShould()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(Instant.class, "now");

    @ArchTest
    static final ArchRule callsAreDecidedPurely = noClasses()
            .that()
            .haveNameMatching(".*\\.call\\.(CallPace|CallRules|Tries|Verdict.*)")
            .should()
            .dependOnClassesThat(resideInAnyPackage("java.util.concurrent..", "java.net..", "java.io.."))
            .orShould()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(Instant.class, "now");

    @ArchTest
    static final ArchRule callbacksAreOrderedPurely = noClasses()
            .that()
            .haveNameMatching(".*\\.callback\\.(Deliveries|RetryRules|AddressRules|Event)")
            .should()
            .dependOnClassesThat(resideInAnyPackage("java.util.concurrent..", "java.io.."))
            .orShould()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(Instant.class, "now");

    @ArchTest
    static final ArchRule pureRoomsHaveNeitherThreadsNorClocks = noClasses()
            .that()
            .resideInAnyPackage(ROOT + "lane", ROOT + "batch", ROOT + "money")
            .should()
            .dependOnClassesThat(resideInAnyPackage("java.util.concurrent..", "java.net..", "java.io.."))
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(Instant.class, "now")
            .orShould()
            .dependOnClassesThat()
            .areAssignableTo(Thread.class);

    @ArchTest
    static final ArchRule batchesUseOnlyValuesOfTheProviders = noClasses()
            .that()
            .resideInAPackage(ROOT + "batch")
            .should()
            .dependOnClassesThat()
            .haveNameMatching(".*\\.provider\\.(Provider|LineFormat|Deadline)(\\$.*)?");

    @ArchTest
    static final ArchRule kafkaStaysOutOfProviders = noClasses()
            .that()
            .resideInAnyPackage(ROOT + "provider..", ROOT + "call..", ROOT + "lines", ROOT + "registry")
            .should()
            .dependOnClassesThat(resideInAnyPackage("org.apache.kafka.."));

    @ArchTest
    static final ArchRule httpIsSpokenByVendorsTheRegistryAndTheAdminsPeersOnly = noClasses()
            .that()
            .resideOutsideOfPackages(ROOT + "provider.*..", ROOT + "registry", ROOT + "admin")
            .should()
            .dependOnClassesThat(resideInAnyPackage("java.net.http"));

    @ArchTest
    static final ArchRule vendorsShareOnlyTheirHttp = slices().matching(ROOT + "provider.(*)..")
            .should()
            .notDependOnEachOther()
            .ignoreDependency(DescribedPredicate.alwaysTrue(), resideInAPackage(ROOT + "provider.http"));

    @ArchTest
    static final ArchRule streamsStaysInTheTopology = noClasses()
            .that()
            .resideOutsideOfPackages(ROOT + "topology")
            .should()
            .dependOnClassesThat(resideInAnyPackage("org.apache.kafka.streams.."));

    @ArchTest
    static final ArchRule templatesStayInTheirRoom = noClasses()
            .that()
            .resideOutsideOfPackage(ROOT + "source")
            .should()
            .dependOnClassesThat(resideInAnyPackage("io.pebbletemplates.."));

    @ArchTest
    static final ArchRule sourcesHaveNoClientsOfKafka = noClasses()
            .that()
            .resideInAPackage(ROOT + "source")
            .should()
            .dependOnClassesThat(
                    resideInAnyPackage("org.apache.kafka.clients.producer..", "org.apache.kafka.clients.admin.."));

    @ArchTest
    static final ArchRule nobodySerialisesJava =
            noClasses().should().dependOnClassesThat().haveFullyQualifiedName("java.io.ObjectInputStream");
}
