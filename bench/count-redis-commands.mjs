// Loaded into a process before its program (`node --import`): counts the commands that it writes to Redis, those of pipelines one by one, and tells its parent when asked.
// They are counted here because Redis counts what clients send and what their scripts call together.
import { Command } from 'ioredis';
import { QUESTION } from './redis-commands.mjs';

const { toWritable } = Command.prototype;
let sent = 0;
Command.prototype.toWritable = function countedToWritable(...args) {
  sent++;
  return toWritable.apply(this, args);
};

process.on('message', (message) => { if (message === QUESTION) process.send({ sent }); });
// To be asked is no reason to live on.
process.channel?.unref();
