package dev.halfrate.processor.intake;

import org.apache.kafka.common.Uuid;

/**
 * What intake has to know of its topics.
 *
 * @param requestsId tells the requests topic from another one of its name
 * @param deadLetterBytesMax longest record that the dead-letter topic takes
 */
record Topics(Uuid requestsId, int inboxPartitions, int deadLetterBytesMax) {}
