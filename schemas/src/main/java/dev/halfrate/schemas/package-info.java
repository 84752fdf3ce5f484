/** Schemas for everybody: of requests, results and batch events. Nothing here may depend on the processor. */
package dev.halfrate.schemas;
