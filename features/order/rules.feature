@cap:shared-eni
Feature: Which rules and tables decide for a pod's packets
  The judge walks the node's rules and tables as the kernel does, with the mark
  that the packets were seen to carry; how many rules there are does not matter.

  @req:RUL-1
  Scenario Outline: Packets to a container, by <family>
    Given a node "n1"
    And a pod "a" on "n1"
    When "a" and the world exchange packets with <family>, watched on its node
    Then packets to "a" are decided as one of the readings says

    Examples:
      | family |
      | IPv4   |
      | IPv6   |

  @req:RUL-2
  Scenario Outline: Packets from a container, by <family>
    Given a node "n1"
    And a pod "a" on "n1"
    When "a" and the world exchange packets with <family>, watched on its node
    Then packets from "a" are decided as one of the readings says

    Examples:
      | family |
      | IPv4   |
      | IPv6   |
