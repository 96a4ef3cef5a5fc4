import { Controller, Get } from '@nestjs/common';
import { BINARIES, Capabilities, RIGHTS } from '../capabilities.js';

/** What was found out at the start: which programs are there, and which of their rights worked when they were tried. */
@Controller('health')
export class CapabilitiesController {
  constructor(private readonly capabilities: Capabilities) {}

  @Get('capabilities')
  read(): { programs: Record<string, boolean>; rights: Record<string, boolean> } {
    return {
      programs: Object.fromEntries(BINARIES.map((name) => [name, this.capabilities.has(name)])),
      rights: Object.fromEntries(RIGHTS.map((right) => [right, this.capabilities.may(right)])),
    };
  }
}
